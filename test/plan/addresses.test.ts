import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateAddresses } from "../../lab/plan/addresses.ts";
import { allocate } from "../../lab/plan/allocate.ts";
import { label, type NodeSpec, type Plan } from "../../lab/plan/plan.ts";
import { planLab, poolSize } from "../../lab/plan/plan-lab.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { contains, type Prefix, prefix } from "../../lab/topology/prefix.ts";
import { type LabDeclaration, type Topology, topologySchema } from "../../lab/topology/schema.ts";

type Nodes = LabDeclaration["nodes"];

/** A network: how small its LAN is, and which of the earlier ones it is behind, if any. */
const networkShape = fc.record({
  nat: fc.constantFrom("easy" as const, "hard" as const),
  length: fc.integer({ min: 22, max: 30 }),
  upstream: fc.option(fc.nat(5), { nil: undefined }),
});
/** A node: in which network it is, and whether its address is fixed: the how many-th of the LAN's. */
const nodeShape = fc.record({
  name: fc
    .stringMatching(/^[a-z]{1,8}$/)
    .filter((name) => !["control", "dns", "internet"].includes(name)),
  network: fc.nat(6),
  fixed: fc.option(fc.integer({ min: 2, max: 40 }), { nil: undefined }),
});

/** Sound topologies of up to five networks, of which one is public, with full LANs among them. */
const topologies: fc.Arbitrary<Topology> = fc
  .record({
    networks: fc.array(networkShape, { maxLength: 4 }),
    nodes: fc.uniqueArray(nodeShape, { selector: ({ name }) => name, maxLength: 40 }),
  })
  .map(({ networks, nodes }) => {
    const names = ["cloud", ...networks.map((_, index) => `net${index}`)];
    const room = new Map(
      networks.map(({ length }, index) => [`net${index}`, 2 ** (32 - length) - 3]),
    );
    const used = new Set<string>();
    const declared: NonNullable<LabDeclaration["networks"]> = { cloud: { nat: "none" } };
    for (const [index, { nat, length, upstream }] of networks.entries()) {
      const above = upstream === undefined || upstream >= index ? undefined : `net${upstream}`;
      const fits = above !== undefined && (room.get(above) ?? 0) > 0;
      if (fits) room.set(above, (room.get(above) ?? 0) - 1);
      declared[`net${index}`] = {
        nat,
        lan: `10.${index}.4.0/${length}`,
        ...(fits ? { upstream: above } : {}),
      };
    }
    const placed: Nodes = {};
    for (const { name, network: choice, fixed } of nodes) {
      const network = names[choice % names.length] ?? "cloud";
      const left = room.get(network);
      if (left === 0) continue;
      if (left !== undefined) room.set(network, left - 1);
      const address =
        network === "cloud" ? `198.18.9.${fixed}` : `10.${network.slice(3)}.4.${fixed}`;
      const last = network === "cloud" ? 254 : 2 ** (32 - lengthOf(declared, network)) - 2;
      const fixable = fixed !== undefined && fixed <= last && !used.has(address);
      if (fixable) used.add(address);
      placed[name] = { kind: "host", network, ...(fixable ? { address } : {}) };
    }
    return defineLab({ name: "any", networks: declared, nodes: placed });
  });

function lengthOf(networks: NonNullable<LabDeclaration["networks"]>, name: string): number {
  return Number(networks[name]?.lan?.split("/")[1] ?? 16);
}

const planOf = (topology: Topology): Plan => planLab(topology, { run: "stack", dockerPool: 3 });

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

describe("addresses of any sound topology", () => {
  test("are unique in their segment, Docker's and IPv6 too", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        const plan = planOf(topology);
        const all = addressesOf(plan);
        const keys = all.map(({ network, of }) => `${network} ${of.first}`);
        expect(new Set(keys).size).toBe(keys.length);
        const docker = all.map(({ dockerAddress }) => dockerAddress);
        expect(new Set(docker).size).toBe(docker.length);
        const six = plan.containers.flatMap(({ interfaces }) =>
          interfaces.flatMap(({ addresses }) => addresses.slice(1)),
        );
        expect(new Set(six).size).toBe(six.length);
      }),
    );
  });

  test("are in their subnet, and none is the router's, the network's or the broadcast one", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        for (const { name, network, device, of } of addressesOf(planOf(topology))) {
          const lan = lanOf(topology, network);
          expect(contains(lan, of), `${name} ${of.text} in ${lan.text}`).toBe(true);
          expect([lan.first, lan.last], name).not.toContain(of.first);
          const isRouter =
            network !== "internet" && name === `router-${network}` && device === "lan";
          if (network !== "internet") expect(of.first === lan.first + 1n, name).toBe(isRouter);
          const isServer = /^(control|dns|derp-.*)$/.test(name);
          if (network === "internet") {
            expect(contains(prefix("198.18.0.0/24"), of), `${name} ${of.text}`).toBe(isServer);
          }
        }
      }),
    );
  });

  test("are the fixed ones where the topology fixes them", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        for (const { name, address } of addressesOf(planOf(topology))) {
          const fixed = topology.nodes[name]?.address;
          if (fixed !== undefined) expect(bare(address)).toBe(fixed);
        }
      }),
    );
  });

  test("of Docker are in the segment's /24, from .2 to .254", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        const plan = planOf(topology);
        expect(plan.networks).toHaveLength(poolSize(topology));
        const subnets = new Map(
          plan.networks.map(({ name, dockerSubnet }) => [name, dockerSubnet]),
        );
        for (const { network, dockerAddress } of addressesOf(plan)) {
          expect(contains(prefix(subnets.get(network) ?? ""), prefix(dockerAddress))).toBe(true);
          expect(Number(dockerAddress.split(".")[3])).toBeOneOf(
            Array.from({ length: 253 }, (_, index) => index + 2),
          );
        }
      }),
    );
  });

  test("are all in what the running lab is told of a node", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        for (const { labels, interfaces } of planOf(topology).containers) {
          const spec: NodeSpec = JSON.parse(labels[label.spec] ?? "");
          expect(spec.addresses).toEqual(interfaces.flatMap((each) => each.addresses.map(bare)));
        }
      }),
    );
  });

  test("stay as they are when a node is added behind the others, or that one is removed", () => {
    fc.assert(
      fc.property(topologies, fc.constantFrom("cloud", "internet"), (topology, network) => {
        const added = topologySchema.parse({
          ...topology,
          nodes: { ...topology.nodes, "the-new-one": { kind: "host", network } },
        });
        const others = addressesOf(planOf(added)).filter(({ name }) => name !== "the-new-one");
        expect(others).toEqual(addressesOf(planOf(topology)));
      }),
    );
  });
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

test("none of thousands on the internet is in the lab's own part of it", () => {
  const nodes = Object.fromEntries(
    Array.from({ length: 5000 }, (_, index) => [
      `c${index}`,
      { kind: "host", network: "internet" },
    ]),
  );
  const given = [...allocateAddresses(topologySchema.parse({ name: "x", nodes })).nodes.values()];
  expect(new Set(given).size).toBe(5000);
  expect(given.filter((address) => address.startsWith("198.18.0."))).toEqual([]);
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
      4 + 1 + 252,
    );
  });

  test.each([-1, 255, 256, Number.NaN, 1.5])("a pool that begins at %d", (dockerPool) => {
    const topology = unchecked({ networks: big, nodes: {} });
    expect(() => planLab(topology, { run: "stack", dockerPool })).toThrow(
      expect.objectContaining({ name: "PoolExhausted" }),
    );
  });
});
