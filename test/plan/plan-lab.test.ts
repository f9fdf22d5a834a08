import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { label, type Plan, type PlannedContainer } from "../../lab/plan/plan.ts";
import { planLab } from "../../lab/plan/plan-lab.ts";
import versions from "../../versions.json" with { type: "json" };
import { bootOf, bootParts, containerOf, homelab, homelabPlan, small, smallPlan } from "./labs.ts";

const plans = { small: smallPlan, homelab: homelabPlan };

/** To be read: the container as YAML, its files as they are, without what all boot scripts share. */
function readable({ files, labels, command, ...container }: PlannedContainer): string {
  const { [label.spec]: spec = "", ...others } = labels;
  const head = stringify({
    ...container,
    command: command.map((word) => (word.includes("\n") ? "…" : word)),
    labels: { ...others, [label.spec]: JSON.parse(spec) },
  });
  const boot = `--- boot script\n${bootParts(command.find((word) => word.includes("\n")) ?? "").own}`;
  const texts = files.map(({ path, content }) => `--- ${path}\n${content}`);
  return `=== ${container.name}\n${head}${[boot, ...texts].join("\n")}\n`;
}

function ofKind(plan: Plan, kind: string): PlannedContainer[] {
  return plan.containers.filter(({ labels }) => labels[label.kind] === kind);
}

describe.each(Object.entries(plans))("the plan of %s", (name, plan) => {
  test.each(["control", "dns", "relay", "router", "tailscale", "host"])("%s", async (kind) => {
    const containers = ofKind(plan, kind);
    expect(containers.length).toBeGreaterThan(0);
    await expect(containers.map(readable).join("\n")).toMatchFileSnapshot(
      `snapshots/${name}/${kind}.txt`,
    );
  });

  test("networks and volume", async () => {
    const { containers, ...rest } = plan;
    await expect(stringify(rest)).toMatchFileSnapshot(`snapshots/${name}/networks.yaml`);
  });
});

test("every boot script has the same functions and the same end", async () => {
  const parts = Object.values(plans).flatMap((plan) =>
    plan.containers.map(({ name }) => bootParts(bootOf(plan, name))),
  );
  const shared = new Set(parts.map(({ prelude, epilogue }) => `${prelude}…\n${epilogue}`));
  expect(shared.size).toBe(1);
  await expect([...shared].join()).toMatchFileSnapshot("snapshots/boot.sh");
});

describe("a plan", () => {
  const options = { run: "stack", dockerPool: 7, policyText: homelab.policyText };

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
    const one = planLab(homelab.topology, {
      ...options,
      lab: "lab-one",
      run: "run-one",
      dockerPool: 0,
    });
    const two = planLab(homelab.topology, {
      ...options,
      lab: "lab-two",
      run: "run-two",
      dockerPool: 100,
    });
    expect(two).not.toEqual(one);
    const text = JSON.stringify(two)
      .replaceAll("lab-two", "lab-one")
      .replaceAll("run-two", "run-one")
      .replaceAll(/\b198\.19\.(\d+)\./g, (_, block) => `198.19.${Number(block) - 100}.`);
    expect(JSON.parse(text)).toEqual(one);
  });

  test("gives two labs no name in common, whatever hyphens their names have", () => {
    const names = (lab: string, node: string) => {
      const { nas } = homelab.topology.nodes;
      if (nas === undefined) throw new Error("the default lab has no nas");
      const topology = { ...homelab.topology, nodes: { [node]: nas } };
      return planLab(topology, { lab, run: "stack", dockerPool: 7 }).containers.map(
        (container) => container.dockerName,
      );
    };
    const all = [...names("home", "lab-nas"), ...names("home-lab", "nas")];
    expect(new Set(all).size).toBe(all.length);
  });

  test("takes the pinned versions where the topology has none of its own", () => {
    const plan = planLab({ ...small, versions: {} }, { run: "stack", dockerPool: 7 });
    const image = (name: string) => containerOf(plan, name).image;
    expect(image("control")).toEqual({ program: "headscale", version: versions.headscale });
    expect(image("tablet")).toEqual({ program: "tailscale", version: versions.tailscale });
    expect(image("derp-one")).toEqual({ program: "derper", version: versions.tailscale });
  });

  test("privileges nobody beyond the network and its servers", () => {
    const capabilities = [
      "CAP_CHOWN",
      "CAP_NET_ADMIN",
      "CAP_NET_BIND_SERVICE",
      "CAP_NET_RAW",
      "CAP_SETGID",
      "CAP_SETUID",
    ];
    for (const container of [...smallPlan.containers, ...homelabPlan.containers]) {
      expect(container.capabilities).toEqual(capabilities);
      expect(container.securityOptions).toEqual(["no-new-privileges"]);
      const tun = container.labels[label.kind] === "tailscale" ? ["/dev/net/tun"] : [];
      expect(container.devices, container.name).toEqual(tun);
      expect(JSON.stringify(container.mounts)).not.toContain("docker.sock");
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
    expect(() => planLab(small, { run: "stack", dockerPool: 7, policyText: '{"acls": [' })).toThrow(
      expect.objectContaining({ name: "TopologyInvalid" }),
    );
  });
});
