import { type Prefix, prefix } from "./prefix.ts";
import { internet, type Topology, type TopologyNode } from "./schema.ts";

/** Whether machines in this network have addresses of the simulated internet. */
export function isPublic(topology: Topology, network: string): boolean {
  return network === internet || topology.networks[network]?.nat === "none";
}

/** A network's LAN; none for a public network, one that is unknown, and one whose LAN is missing. */
export function lanOf(topology: Topology, network: string): Prefix | undefined {
  const declared = topology.networks[network];
  if (declared === undefined || declared.nat === "none") return undefined;
  return declared.lan === undefined ? undefined : prefix(declared.lan);
}

/** The address of a LAN's router: the first one. */
export function routerAddress(lan: Prefix): bigint {
  return lan.first + 1n;
}

/** A node by its name; undefined for one that every object of JavaScript has, such as `constructor`. */
export function nodeNamed(topology: Topology, name: string): TopologyNode | undefined {
  return Object.hasOwn(topology.nodes, name) ? topology.nodes[name] : undefined;
}

/** The names of the nodes that this chooses. */
export function namesWhere(topology: Topology, choose: (node: TopologyNode) => boolean): string[] {
  return Object.entries(topology.nodes)
    .filter(([, node]) => choose(node))
    .map(([name]) => name);
}
