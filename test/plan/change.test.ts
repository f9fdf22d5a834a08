import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Allocation } from "../../lab/plan/allocation.ts";
import { segmentNames } from "../../lab/plan/network.ts";
import type { Plan } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { type Topology, topologySchema } from "../../lab/topology/schema.ts";
import { topologies } from "./topologies.ts";

/** What `up` plans for a lab that it knows: subnets of new segments are free ones. */
function planAfter(topology: Topology, before: Plan): Plan {
  const { subnets: had } = before.allocation;
  const free = Array.from({ length: 256 }, (_, index) => index).filter(
    (number) => !Object.values(had).includes(number),
  );
  const subnets: Allocation["subnets"] = {};
  for (const name of segmentNames(topology)) subnets[name] = had[name] ?? free.shift() ?? 0;
  const allocation = { ...before.allocation, subnets };
  return planLab(topology, { run: "stack", allocation, secret: "draft" });
}

const planBefore = (topology: Topology): Plan =>
  planLab(topology, { run: "stack", ...draftOptions(topology) });

/** Containers, networks and volumes as text, by name. */
function things(plan: Plan): Map<string, string> {
  const known = texts.get(plan);
  if (known !== undefined) return known;
  const named = [
    ...plan.containers.map((each) => [each.name, each] as const),
    ...plan.networks.map((each) => [`network ${each.name}`, each] as const),
    ...plan.volumes.map((each) => [`volume ${each.name}`, each] as const),
  ];
  const made = new Map(named.map(([name, each]) => [name, JSON.stringify(each)]));
  texts.set(plan, made);
  return made;
}

/** Each plan is compared with the one before it and the one after it. */
const texts = new WeakMap<Plan, Map<string, string>>();

/** Names of the containers that are in both plans and differ, and of networks likewise. */
function replaced(before: Plan, after: Plan): string[] {
  const [old, fresh] = [things(before), things(after)];
  return [...fresh.keys()]
    .filter((name) => old.has(name) && old.get(name) !== fresh.get(name))
    .sort();
}

function shuffled<T>(entries: Record<string, T>, order: readonly number[]): Record<string, T> {
  const ranked = Object.entries(entries).map((entry, index) => ({
    entry,
    rank: order[index % Math.max(1, order.length)] ?? 0,
  }));
  return Object.fromEntries(ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry));
}

/** One edit of a topology, and whose containers it touches. */
type Edit = (topology: Topology) => { topology: Topology; touched: string[] };

const order = fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 });
const edits: fc.Arbitrary<Edit> = fc.oneof(
  // Another order of everything.
  order.map(
    (by): Edit =>
      (topology) => ({
        touched: [],
        topology: {
          ...topology,
          nodes: shuffled(topology.nodes, by),
          networks: shuffled(topology.networks, by),
          relays: shuffled(topology.relays, by),
        },
      }),
  ),
  // A node more, first of all.
  fc.stringMatching(/^z[a-z]{1,6}$/).map(
    (name): Edit =>
      (topology) => ({
        touched: [],
        topology: {
          ...topology,
          nodes: {
            ...topologySchema.parse({
              name: "x",
              nodes: { [name]: { kind: "tailscale", network: "cloud", user: "bob" } },
            }).nodes,
            ...topology.nodes,
          },
        },
      }),
  ),
  // A node less.
  fc.nat(50).map(
    (index): Edit =>
      (topology) => {
        const { [Object.keys(topology.nodes)[index] ?? ""]: _, ...nodes } = topology.nodes;
        return { touched: [], topology: { ...topology, nodes } };
      },
  ),
  // A network more, first of all, with a node.
  fc.stringMatching(/^z[a-z]{1,6}$/).map(
    (name): Edit =>
      (topology) => ({
        touched: [],
        topology: {
          ...topology,
          networks: { [name]: { nat: "easy" as const, lan: "10.77.0.0/24" }, ...topology.networks },
        },
      }),
  ),
  // A network less, with its nodes, where no other is behind it.
  fc.nat(5).map(
    (index): Edit =>
      (topology) => {
        const name = Object.keys(topology.networks)[index] ?? "";
        const isAbove = Object.values(topology.networks).some(({ upstream }) => upstream === name);
        if (name === "cloud" || isAbove) return { touched: [], topology };
        const { [name]: _, ...networks } = topology.networks;
        const nodes = Object.entries(topology.nodes).filter(([, node]) => node.network !== name);
        return {
          touched: [],
          topology: { ...topology, networks, nodes: Object.fromEntries(nodes) },
        };
      },
  ),
  // A relay more, and one less.
  fc.stringMatching(/^[a-z]{3}$/).map(
    (code): Edit =>
      (topology) => ({
        touched: [],
        topology: { ...topology, relays: { [code]: {}, ...topology.relays } },
      }),
  ),
  fc.constant<Edit>((topology) => {
    const { fra: _, ...relays } = topology.relays;
    return { touched: [], topology: { ...topology, relays } };
  }),
  // Another NAT.
  fc.nat(5).map(
    (index): Edit =>
      (topology) => {
        const [name, network] = Object.entries(topology.networks)[index] ?? [];
        if (name === undefined || network === undefined || network.nat === "none") {
          return { touched: [], topology };
        }
        const nat = network.nat === "easy" ? ("hard" as const) : ("easy" as const);
        const networks = { ...topology.networks, [name]: { ...network, nat } };
        return { touched: [`router-${name}`], topology: { ...topology, networks } };
      },
  ),
  // Another setting of one node.
  fc.nat(50).map(
    (index): Edit =>
      (topology) => {
        const [name, node] = Object.entries(topology.nodes)[index] ?? [];
        if (name === undefined || node?.kind !== "tailscale") return { touched: [], topology };
        const changed = { ...node, acceptRoutes: !node.acceptRoutes };
        const nodes = { ...topology.nodes, [name]: changed };
        return { touched: [name], topology: { ...topology, nodes } };
      },
  ),
);

describe("a change touches only what it must", () => {
  test("the containers that are replaced are exactly those that the edits are about", () => {
    fc.assert(
      fc.property(topologies, fc.array(edits, { minLength: 1, maxLength: 6 }), (first, all) => {
        let topology = first;
        let plan = planBefore(topology);
        for (const edit of all) {
          const next = edit(topology);
          const after = planAfter(next.topology, plan);
          const others = replaced(plan, after).filter((name) => name !== "settings");
          expect(others).toEqual(next.touched);
          topology = next.topology;
          plan = after;
        }
      }),
      { numRuns: 100 },
    );
  });

  test("policy, DNS records and users change the settings alone", () => {
    const topology = topologySchema.parse({
      name: "any",
      nodes: { a: { kind: "tailscale", network: "internet", user: "alice" } },
    });
    const options = { run: "stack", ...draftOptions(topology) };
    const before = planLab(topology, { ...options, policyText: "{}" });
    const dns = {
      ...topology.tailnet.dns,
      extraRecords: [{ name: "x.lab", type: "A" as const, value: "10.0.0.1" }],
    };
    const changed = { ...topology, tailnet: { ...topology.tailnet, dns } };
    const policyText = '{"acls":[{"action":"accept","src":["bob@"],"dst":["*:*"]}]}';
    expect(replaced(before, planLab(changed, { ...options, policyText }))).toEqual(["settings"]);
  });

  test("the same settings have the same version, and others another", () => {
    const topology = topologySchema.parse({ name: "any", nodes: {} });
    const options = { run: "stack", ...draftOptions(topology) };
    const version = (policyText: string) =>
      planLab(topology, { ...options, policyText }).containers.find(({ oneShot }) => oneShot)
        ?.labels["tailnet-lab.settings"];
    expect(version("{}")).toBe(version("{}"));
    expect(version("{}")).not.toBe(version("{ }"));
  });
});
