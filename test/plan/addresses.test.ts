import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate } from "../../lab/plan/allocate.ts";
import { segmentNames } from "../../lab/plan/network.ts";
import { label, type NodeSpec, type Plan } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { contains, type Prefix, prefix } from "../../lab/topology/prefix.ts";
import { type Topology, topologySchema } from "../../lab/topology/schema.ts";
import { topologies } from "./topologies.ts";

const planOf = (topology: Topology): Plan =>
  planLab(topology, { run: "stack", ...draftOptions(topology) });

/** Where machines are: all containers but the one that publishes the settings. */
const machinesOf = (plan: Plan) => plan.containers.filter(({ oneShot }) => oneShot !== true);

/** Every simulated IPv4 address of the plan with its container, segment and device. */
function addressesOf(plan: Plan) {
  return plan.containers.flatMap(({ name, interfaces }) =>
    interfaces.flatMap(({ network, device, dockerAddress, addresses }) => {
      const address = addresses[0] ?? "";
      return [{ name, network, device, dockerAddress, address, of: prefix(bare(address)) }];
    }),
  );
}

function bare(address: string): string {
  return address.split("/")[0] ?? "";
}

/** What the addresses of a segment must be in: a LAN, or the internet but for the lab's own part. */
function lanOf(topology: Topology, segment: string): Prefix {
  return prefix(topology.networks[segment]?.lan ?? "198.18.0.0/16");
}

/** In their segment; Docker's and IPv6 too. */
function areUnique(plan: Plan): void {
  const all = addressesOf(plan);
  const keys = all.map(({ network, of }) => `${network} ${of.first}`);
  expect(new Set(keys).size).toBe(keys.length);
  const docker = all.map(({ dockerAddress }) => dockerAddress);
  expect(new Set(docker).size).toBe(docker.length);
  const six = plan.containers.flatMap(({ interfaces }) =>
    interfaces.flatMap(({ addresses }) => addresses.slice(1)),
  );
  expect(new Set(six).size).toBe(six.length);
}

/** And none is the router's, the network's or the broadcast one. */
function areInTheirSubnet(plan: Plan, topology: Topology): void {
  for (const { name, network, device, of } of addressesOf(plan)) {
    const lan = lanOf(topology, network);
    expect(contains(lan, of), `${name} ${of.text} in ${lan.text}`).toBe(true);
    expect([lan.first, lan.last], name).not.toContain(of.first);
    const isRouter = network !== "internet" && name === `router-${network}` && device === "lan";
    if (network !== "internet") expect(of.first === lan.first + 1n, name).toBe(isRouter);
    const isServer = /^(control|dns|derp-.*)$/.test(name);
    if (network === "internet") {
      expect(contains(prefix("198.18.0.0/24"), of), `${name} ${of.text}`).toBe(isServer);
    }
  }
}

function areAsFixed(plan: Plan, topology: Topology): void {
  for (const { name, address } of addressesOf(plan)) {
    const fixed = topology.nodes[name]?.address;
    if (fixed !== undefined) expect(bare(address)).toBe(fixed);
  }
}

/** From .2 to .254. */
function areDockersInTheirSubnet(plan: Plan, topology: Topology): void {
  expect(plan.networks).toHaveLength(segmentNames(topology).length);
  const subnets = new Map(plan.networks.map(({ name, dockerSubnet }) => [name, dockerSubnet]));
  for (const { network, dockerAddress } of addressesOf(plan)) {
    expect(contains(prefix(subnets.get(network) ?? ""), prefix(dockerAddress))).toBe(true);
    const last = Number(dockerAddress.split(".")[3]);
    expect(last, dockerAddress).toBeGreaterThanOrEqual(2);
    expect(last, dockerAddress).toBeLessThanOrEqual(254);
  }
}

/** What the running lab reads of a node has them all. */
function areTold(plan: Plan): void {
  for (const { labels, interfaces } of machinesOf(plan)) {
    const spec: NodeSpec = JSON.parse(labels[label.spec] ?? "");
    expect(spec.addresses).toEqual(interfaces.flatMap((each) => each.addresses.map(bare)));
  }
}

test("addresses of any sound topology are unique, in their subnets, as fixed, and told", () => {
  fc.assert(
    fc.property(topologies, (topology) => {
      // Planned once for all of them: that takes longer than they do.
      const plan = planOf(topology);
      areUnique(plan);
      areInTheirSubnet(plan, topology);
      areAsFixed(plan, topology);
      areDockersInTheirSubnet(plan, topology);
      areTold(plan);
    }),
  );
});

test("a node that comes or goes among the others moves seldom one of them", () => {
  const names = Array.from({ length: 60 }, (_, index) => `client-${index}`);
  const range = { from: 2, to: 254, of: "a segment" };
  const all = allocate(names, range);
  const moved = names.map((gone) => {
    const left = names.filter((name) => name !== gone);
    const without = allocate(left, range);
    return left.filter((name) => without.get(name) !== all.get(name)).length;
  });
  const mean = moved.reduce((sum, count) => sum + count, 0) / moved.length;
  expect(mean).toBeLessThan(0.5);
  expect(Math.max(...moved)).toBeLessThanOrEqual(5);
});

test("a full range is given out to the last number", () => {
  const names = Array.from({ length: 252 }, (_, index) => `client-${index}`);
  const numbers = [
    ...allocate(names, { from: 2, to: 254, of: "a segment" }, new Set([9])).values(),
  ];
  expect(new Set(numbers).size).toBe(252);
  expect(numbers).not.toContain(9);
});

describe("a topology that nobody has checked is refused by a clear error", () => {
  const crowd = (count: number, network: string) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`c${index}`, { kind: "host", network }]),
    );
  const unchecked = (declaration: object) => topologySchema.parse({ name: "x", ...declaration });
  const big = { big: { nat: "easy", lan: "10.0.0.0/16" } };
  const tiny = { tiny: { nat: "easy", lan: "10.0.0.0/30" } };
  const relays = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`r${index}`, {}]));

  test.each([
    [
      "too many on a segment",
      { networks: big, nodes: crowd(253, "big") },
      "networks.big: room for 253 machines, but 254",
    ],
    [
      "too many on the internet",
      { nodes: crowd(250, "internet") },
      "the internet: room for 253 machines, but 254",
    ],
    [
      "too many for a LAN",
      { networks: tiny, nodes: crowd(2, "tiny") },
      "networks.tiny.lan: room for 1 machines, but 2",
    ],
    ["too many relays", { nodes: {}, relays }, "relays: 101 relays; there are 100 ids"],
  ])("%s", (_, declaration, words) => {
    expect(() => planOf(unchecked(declaration))).toThrow(
      expect.objectContaining({ name: "TopologyInvalid", message: expect.stringContaining(words) }),
    );
  });

  test("as many as fit are no issue", () => {
    expect(planOf(unchecked({ networks: big, nodes: crowd(252, "big") })).containers).toHaveLength(
      1 + 4 + 1 + 252,
    );
  });

  test.each([-1, 256, Number.NaN, 1.5])("a segment with subnet %d", (subnet) => {
    const topology = unchecked({ networks: big, nodes: {} });
    const { secret, allocation } = draftOptions(topology);
    const subnets = { ...allocation.subnets, big: subnet };
    expect(() =>
      planLab(topology, { run: "stack", secret, allocation: { ...allocation, subnets } }),
    ).toThrow(expect.objectContaining({ name: "PoolExhausted" }));
  });
});
