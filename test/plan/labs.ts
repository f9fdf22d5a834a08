import { fileURLToPath } from "node:url";
import type { Plan, PlannedContainer } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { loadTopology } from "../../lab/topology/load.ts";
import type { Topology } from "../../lab/topology/schema.ts";

/** Not what is pinned: a new version must not change what these tests see. */
const versions = { tailscale: "1.2.3", headscale: "0.1.2" };

/** What the default lab leaves out: double NAT, small LANs, an exit node in use, no DNS of the tailnet's. */
export const small = defineLab({
  name: "small",
  versions,
  tailnet: { domain: "small.test", dns: { magicDns: false, nameservers: [] } },
  relays: { one: {}, two: { name: "Second" } },
  networks: {
    outer: { nat: "easy", lan: "10.0.0.0/29" },
    inner: { nat: "hard", lan: "10.9.0.0/30", upstream: "outer" },
  },
  nodes: {
    tablet: {
      kind: "tailscale",
      network: "inner",
      user: "alice",
      useExitNode: "exit",
      allowLanAccess: true,
      acceptDns: false,
      snatSubnetRoutes: false,
      environment: { TS_DEBUG_ALWAYS_USE_DERP: "1" },
    },
    exit: {
      kind: "tailscale",
      network: "internet",
      address: "198.18.7.7",
      tags: ["tag:b", "tag:a"],
      exitNode: true,
      advertiseRoutes: ["10.0.0.0/29"],
    },
    camera: {
      kind: "host",
      network: "outer",
      address: "10.0.0.4",
      services: [
        { kind: "http", port: 80 },
        { kind: "http", port: 8080 },
        { kind: "udp-echo", port: 9 },
      ],
    },
  },
});

const loaded = await loadTopology(
  fileURLToPath(new URL("../../topologies/homelab.ts", import.meta.url)),
);

export const homelab: { topology: Topology; policyText: string | undefined } = {
  topology: { ...loaded.topology, versions },
  policyText: loaded.policyText,
};

export const smallPlan: Plan = planLab(small, { run: "stack", ...draftOptions(small) });
export const homelabPlan: Plan = planLab(homelab.topology, {
  run: "stack",
  ...draftOptions(homelab.topology),
  policyText: homelab.policyText,
});

/** What a container of the plan finds in a file of its own. */
export function contentOf(plan: Plan, container: string, path: string): string {
  const file = containerOf(plan, container).files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`${container} has no file ${path}`);
  return file.content;
}

/** A container's boot script. */
export function bootOf(plan: Plan, container: string): string {
  const { command } = containerOf(plan, container);
  const script = command[command.indexOf("-c") + 1];
  if (script === undefined) throw new Error(`${container} has no boot script`);
  return script;
}

export function containerOf(plan: Plan, name: string): PlannedContainer {
  const found = plan.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`the plan has no container ${name}`);
  return found;
}

/** A boot script in its parts: functions, what this machine does, and how it stays. */
export function bootParts(script: string): { prelude: string; own: string; epilogue: string } {
  const from = script.indexOf('step "set the network up"');
  const to = script.lastIndexOf("# What was injected into this machine");
  if (from < 0 || to < 0) throw new Error("this is no boot script");
  return {
    prelude: script.slice(0, from),
    own: script.slice(from, to),
    epilogue: script.slice(to),
  };
}
