import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadTopology, policyUsers, readPolicy } from "../../lab/topology/index.ts";

const loaded = await loadTopology(
  fileURLToPath(new URL("../../topologies/homelab.ts", import.meta.url)),
);
const { topology } = loaded;

test("the default lab has two homes with one subnet, two hard sites and a public cloud", () => {
  expect(topology.name).toBe("homelab");
  const { home, cafe, office, studio, cloud } = topology.networks;
  expect(home).toEqual({ nat: "easy", lan: "192.168.1.0/24" });
  expect(cafe).toEqual(home);
  expect(office).toEqual({ nat: "hard", lan: "10.20.0.0/24" });
  expect(studio?.nat).toBe("hard");
  expect(cloud).toEqual({ nat: "none" });
});

test("every Tailscale node of it has a service of each protocol to be reached by", () => {
  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.kind !== "tailscale") continue;
    expect(node.services, name).toEqual(
      expect.arrayContaining([
        { kind: "tcp-echo", port: 7, tailnetOnly: false },
        { kind: "udp-echo", port: 7 },
        { kind: "http", port: 80, tailnetOnly: false },
      ]),
    );
  }
});

test("its policy speaks of its users, and approves its routes and its exit node", () => {
  const { policy } = readPolicy(loaded.policyText ?? "", "homelab.policy.hujson");
  expect(policy && policyUsers(policy)).toEqual(["alice", "bob"]);
  expect(policy?.autoApprovers).toEqual({
    routes: { "10.20.0.0/24": ["tag:router"] },
    exitNode: ["tag:exit"],
  });
  expect(policy?.tests?.length).toBeGreaterThan(0);
});
