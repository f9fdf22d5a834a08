import { LabError } from "../errors.ts";
import { isPublic, lanOf, routerAddress } from "../topology/placement.ts";
import { addressText, prefix } from "../topology/prefix.ts";
import { simulatedInternet } from "../topology/reserved.ts";
import { internet, type Topology } from "../topology/schema.ts";
import { allocate, type NumberRange } from "./allocate.ts";

/** The simulated internet, one segment: of RFC 2544's range for benchmarks and RFC 3849's for documentation. */
export const internetPrefixes = [simulatedInternet.text, "2001:db8::/64"];

/** Custom DERP regions have the ids 900 to 999; each has one relay. */
const firstRegion = 900;
const mostRegions = 100;

/** Fixed public addresses; the first /24 of the internet is kept for the lab's own servers. */
export const serverAddress = {
  control: "198.18.0.2",
  dns: "198.18.0.53",
};

/**
 * Region ids and addresses of the relays by region code, in the order of declaration.
 *
 * @throws LabError `TopologyInvalid` where there are more relays than custom regions.
 */
export function relayNumbers(topology: Topology): Map<string, { region: number; address: string }> {
  const codes = Object.keys(topology.relays);
  if (codes.length > mostRegions) {
    throw new LabError("TopologyInvalid", `${codes.length} relays; there are ${mostRegions} ids`, {
      where: "relays",
      remedy: `declare at most ${mostRegions}`,
    });
  }
  return new Map(
    codes.map((code, index) => [
      code,
      { region: firstRegion + index, address: `198.18.0.${100 + index}` },
    ]),
  );
}

/** The IPv6 address beside a public IPv4 one: 198.18.5.9 has 2001:db8::5:9. */
export function publicV6(address: string): string {
  const [, , high = "0", low = "0"] = address.split(".");
  return addressText(6, prefix(`2001:db8::${high}:${low}`).first);
}

/** Simulated IPv4 addresses without prefix length. */
export interface Addresses {
  /** By node name. */
  nodes: Map<string, string>;
  /** WAN addresses of routers, by network name. */
  wans: Map<string, string>;
}

/** The router of a network, as a node's name. */
export function routerName(network: string): string {
  return `router-${network}`;
}

/** The LAN side of a network's router; undefined for a public network, which has no router. */
export function gatewayOf(topology: Topology, network: string): string | undefined {
  const lan = lanOf(topology, network);
  return lan === undefined ? undefined : addressText(4, routerAddress(lan));
}

/**
 * Addresses for every node and every router's WAN; fixed ones first.
 *
 * @throws LabError `TopologyInvalid` where a LAN is too small.
 */
export function allocateAddresses(topology: Topology): Addresses {
  const addresses: Addresses = { nodes: new Map(), wans: new Map() };
  const { first, last } = simulatedInternet;
  place(topology, internet, addresses, range(first + 0x101n, last - 1n, "the internet"));
  for (const network of Object.keys(topology.networks)) {
    const lan = lanOf(topology, network);
    if (lan === undefined) continue;
    const free = range(routerAddress(lan) + 1n, lan.last - 1n, `networks.${network}.lan`);
    place(topology, network, addresses, free);
  }
  return addresses;
}

/** IPv4 addresses fit into a number. */
function range(from: bigint, to: bigint, of: string): NumberRange {
  return { from: Number(from), to: Number(to), of };
}

function place(topology: Topology, segment: string, into: Addresses, range: NumberRange): void {
  const nodes = Object.entries(topology.nodes).filter(([, node]) =>
    segment === internet ? isPublic(topology, node.network) : node.network === segment,
  );
  const taken = new Set<number>();
  for (const [name, { address }] of nodes) {
    if (address === undefined) continue;
    into.nodes.set(name, address);
    taken.add(Number(prefix(address).first));
  }
  const routers = Object.entries(topology.networks)
    .filter(([, { nat, upstream }]) => nat !== "none" && (upstream ?? internet) === segment)
    .map(([name]) => name);
  const free = nodes.filter(([, node]) => node.address === undefined).map(([name]) => name);
  const numbers = allocate([...routers.map(routerName), ...free], range, taken);
  const given = (name: string) => addressText(4, BigInt(numbers.get(name) ?? 0));
  for (const network of routers) into.wans.set(network, given(routerName(network)));
  for (const name of free) into.nodes.set(name, given(name));
}
