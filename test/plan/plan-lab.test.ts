import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { label, type Plan, type PlannedContainer } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import versions from "../../versions.json" with { type: "json" };
import { bootOf, bootParts, containerOf, homelab, homelabPlan, small, smallPlan } from "./labs.ts";

const plans = { small: smallPlan, homelab: homelabPlan };

/** To be read: the container as YAML, its files as they are, without what all boot scripts share. */
function readable({ files, labels, command, ...container }: PlannedContainer): string {
  const { [label.spec]: spec = "", ...others } = labels;
  const head = stringify({
    ...container,
    command: command.map((word) => (word.includes("\n") ? "…" : word)),
    labels: { ...others, ...(spec === "" ? {} : { [label.spec]: JSON.parse(spec) }) },
  });
  const script = command.find((word) => word.includes("\n")) ?? "";
  // The programs of lab/programs are read there.
  const own = labels[label.node] === undefined ? script : bootParts(script).own;
  const boot = `--- boot script\n${own}`;
  const texts = files.map(({ path, content }) => `--- ${path}\n${content}`);
  return `=== ${container.name}\n${head}${[boot, ...texts].join("\n")}\n`;
}

function machinesOf(plan: Plan): PlannedContainer[] {
  return plan.containers.filter(({ oneShot }) => oneShot !== true);
}

function ofKind(plan: Plan, kind: string): PlannedContainer[] {
  return plan.containers.filter(({ labels }) => labels[label.kind] === kind);
}

describe.each(Object.entries(plans))("the plan of %s", (name, plan) => {
  test.each(["control", "dns", "relay", "router", "tailscale", "host", "settings"])(
    "%s",
    async (kind) => {
      const containers = ofKind(plan, kind);
      expect(containers.length).toBeGreaterThan(0);
      await expect(containers.map(readable).join("\n")).toMatchFileSnapshot(
        `snapshots/${name}/${kind}.txt`,
      );
    },
  );

  test("networks and volumes", async () => {
    const { containers, ...rest } = plan;
    await expect(stringify(rest)).toMatchFileSnapshot(`snapshots/${name}/networks.yaml`);
  });
});

test("every boot script has the same functions and the same end", async () => {
  const parts = Object.values(plans).flatMap((plan) =>
    machinesOf(plan).map(({ name }) => bootParts(bootOf(plan, name))),
  );
  const shared = new Set(parts.map(({ prelude, epilogue }) => `${prelude}…\n${epilogue}`));
  expect(shared.size).toBe(1);
  await expect([...shared].join()).toMatchFileSnapshot("snapshots/boot.sh");
});

describe("a plan", () => {
  const draft = draftOptions(homelab.topology);
  const options = { run: "stack", ...draft, policyText: homelab.policyText };

  test("is the same for the same arguments, which it leaves as they are", () => {
    const before = structuredClone(homelab.topology);
    expect(planLab(homelab.topology, options)).toEqual(homelabPlan);
    expect(homelab.topology).toEqual(before);
  });

  test("is JSON", () => {
    for (const plan of Object.values(plans)) {
      expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
    }
  });

  test("differs between labs, runs and pools in names and Docker's addresses only", () => {
    const planned = (number: string, from: number) => {
      const { subnets } = draft.allocation;
      const moved = Object.entries(subnets).map(([name, subnet]) => [name, subnet + from]);
      const allocation = { ...draft.allocation, subnets: Object.fromEntries(moved) };
      const [lab, run] = [`lab-${number}`, `run-${number}`];
      return planLab(homelab.topology, { ...options, allocation, lab, run });
    };
    const [one, two] = [planned("one", 0), planned("two", 100)];
    expect(two).not.toEqual(one);
    const alike = ({ allocation: _, ...plan }: Plan) =>
      JSON.stringify(plan)
        .replaceAll("lab-two", "lab-one")
        .replaceAll("run-two", "run-one")
        .replaceAll(/\b198\.19\.\d+\./g, "198.19.N.")
        .replaceAll(/02:42:c6:13:\w\w:/g, "02:42:c6:13:NN:")
        // The settings' version is made from all of that.
        .replaceAll(/(settings":?,?)"[0-9a-f]{12}"/g, "$1VERSION");
    expect(alike(two)).toEqual(alike(one));
  });

  test("gives two labs no name in common, whatever hyphens their names have", () => {
    const names = (lab: string, node: string) => {
      const { nas } = homelab.topology.nodes;
      if (nas === undefined) throw new Error("the default lab has no nas");
      const topology = { ...homelab.topology, nodes: { [node]: nas } };
      return planLab(topology, {
        lab,
        run: "stack",
        ...draftOptions(topology),
      }).containers.map((container) => container.dockerName);
    };
    const all = [...names("home", "lab-nas"), ...names("home-lab", "nas")];
    expect(new Set(all).size).toBe(all.length);
  });

  test("takes the pinned versions where the topology has none of its own", () => {
    const unpinned = { ...small, versions: {} };
    const plan = planLab(unpinned, { run: "stack", ...draftOptions(unpinned) });
    const image = (name: string) => containerOf(plan, name).image;
    expect(image("control")).toEqual({ program: "headscale", version: versions.headscale });
    expect(image("tablet")).toEqual({ program: "tailscale", version: versions.tailscale });
    expect(image("derp-one")).toEqual({ program: "derper", version: versions.tailscale });
  });

  test("privileges nobody beyond the network", () => {
    for (const container of [...smallPlan.containers, ...homelabPlan.containers]) {
      expect(container.capabilities).toEqual(
        container.oneShot
          ? []
          : [
              "CAP_CHOWN",
              "CAP_NET_ADMIN",
              "CAP_NET_BIND_SERVICE",
              "CAP_NET_RAW",
              "CAP_SETGID",
              "CAP_SETUID",
            ],
      );
      expect(container.securityOptions).toEqual(["no-new-privileges"]);
      const tun = container.labels[label.kind] === "tailscale" ? ["/dev/net/tun"] : [];
      expect(container.devices, container.name).toEqual(tun);
      expect(JSON.stringify(container.mounts)).not.toContain("docker.sock");
    }
  });

  test("shows no machine what is another's", () => {
    for (const plan of Object.values(plans)) {
      const tokens = plan.containers.flatMap(
        ({ name, environment: { TAILNET_LAB_TOKEN: token } }) =>
          token === undefined ? [] : [{ name, token }],
      );
      expect(new Set(tokens.map(({ token }) => token)).size).toBe(tokens.length);
      for (const container of plan.containers) {
        const text = JSON.stringify({ ...container, labels: {} });
        const seen = tokens.filter(({ token }) => text.includes(token)).map(({ name }) => name);
        const isSettings = container.name === "settings";
        const own = tokens.map(({ name }) => name).filter((name) => name === container.name);
        expect(seen, container.name).toEqual(isSettings ? tokens.map(({ name }) => name) : own);
        const writable = container.mounts.filter(({ readOnly }) => !readOnly);
        const shared = writable.map(({ volume }) => volume.slice(volume.indexOf(".") + 1)).sort();
        const kind = container.labels[label.kind] ?? "";
        const mayWrite: Record<string, string[]> = {
          control: ["control", "requests", "tailnet"],
          settings: ["network", "settings"],
          tailscale: ["requests", `state-${container.name}`],
        };
        expect(shared, container.name).toEqual(mayWrite[kind] ?? []);
      }
    }
  });

  test("forwards only where routing is the machine's task", () => {
    const forwarding = [...smallPlan.containers, ...homelabPlan.containers]
      .filter(({ sysctls }) => sysctls["net.ipv4.ip_forward"] === "1")
      .map(({ name }) => name);
    expect(forwarding.sort()).toEqual(
      ["exit", "exit", "router", "router-cafe", "router-home", "router-inner"].concat([
        "router-office",
        "router-outer",
        "router-studio",
      ]),
    );
  });

  test("refuses a policy that is no HuJSON", () => {
    const policyText = '{"acls": [';
    expect(() => planLab(small, { run: "stack", ...draftOptions(small), policyText })).toThrow(
      expect.objectContaining({ name: "TopologyInvalid" }),
    );
  });
});
