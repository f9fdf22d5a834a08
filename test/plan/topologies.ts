import fc from "fast-check";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { isReservedName } from "../../lab/topology/reserved.ts";
import type { LabDeclaration, Topology } from "../../lab/topology/schema.ts";

type Nodes = LabDeclaration["nodes"];

/** A network: how small its LAN is, and which of the earlier ones it is behind, if any. */
const networkShape = fc.record({
  nat: fc.constantFrom("easy" as const, "hard" as const),
  length: fc.integer({ min: 22, max: 30 }),
  upstream: fc.option(fc.nat(5), { nil: undefined }),
});
/** A node: in which network it is, and whether its address is fixed: the how many-th of the LAN's. */
const nodeShape = fc.record({
  name: fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => !isReservedName(name)),
  network: fc.nat(6),
  isTailscale: fc.boolean(),
  fixed: fc.option(fc.integer({ min: 2, max: 40 }), { nil: undefined }),
});

/** Sound topologies of up to five networks, of which one is public, with full LANs among them. */
export const topologies: fc.Arbitrary<Topology> = fc
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
    for (const { name, network: choice, fixed, isTailscale } of nodes) {
      const network = names[choice % names.length] ?? "cloud";
      const left = room.get(network);
      if (left === 0) continue;
      if (left !== undefined) room.set(network, left - 1);
      const address =
        network === "cloud" ? `198.18.9.${fixed}` : `10.${network.slice(3)}.4.${fixed}`;
      const last = network === "cloud" ? 254 : 2 ** (32 - lengthOf(declared, network)) - 2;
      const fixable = fixed !== undefined && fixed <= last && !used.has(address);
      if (fixable) used.add(address);
      const place = { network, ...(fixable ? { address } : {}) };
      placed[name] = isTailscale
        ? { kind: "tailscale", user: "alice", ...place }
        : { kind: "host", ...place };
    }
    return defineLab({ name: "any", networks: declared, nodes: placed });
  });

function lengthOf(networks: NonNullable<LabDeclaration["networks"]>, name: string): number {
  return Number(networks[name]?.lan?.split("/")[1] ?? 16);
}
