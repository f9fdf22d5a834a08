import { LabError } from "../errors.ts";
import { lanOf } from "../topology/placement.ts";
import { internet, type Topology } from "../topology/schema.ts";
import {
  allocateAddresses,
  gatewayOf,
  publicV6,
  relayNumbers,
  routerName,
  serverAddress,
} from "./addresses.ts";
import { allocate } from "./allocate.ts";
import type { PlannedInterface } from "./plan.ts";

/** The /24 networks in 198.19.0.0/16, and what Docker can give away in one: .1 is the bridge's. */
const poolBlocks = 256;
const dockerHosts = { from: 2, to: 254 };

/** The layer-2 segments of a lab: the internet, and each network that has a LAN. */
export function segmentsOf(topology: Topology): string[] {
  const lans = Object.keys(topology.networks).filter((name) => lanOf(topology, name) !== undefined);
  return [internet, ...lans];
}

/** Docker's subnet of the segment with this number, without its last part: `198.19.7`. */
export function dockerSubnet(dockerPool: number, index: number): string {
  const block = dockerPool + index;
  if (!Number.isInteger(block) || block < 0 || block >= poolBlocks) {
    throw new LabError("PoolExhausted", `there is no network 198.19.${block}.0/24`, {
      where: "198.19.0.0/16",
      remedy: `begin at a number from 0 to ${poolBlocks - 1 - index}`,
    });
  }
  return `198.19.${block}`;
}

/**
 * Every container's interfaces by the container's name, with simulated and Docker's addresses. A
 * router's WAN comes before its LAN.
 *
 * @throws LabError `TopologyInvalid` where a segment has too many machines; `PoolExhausted`.
 */
export function planInterfaces(
  topology: Topology,
  dockerPool: number,
): Map<string, PlannedInterface[]> {
  const links = linksOf(topology);
  const addresses = new Map(
    segmentsOf(topology).map((segment, index) => {
      const here = [...links].filter(([, each]) => each.some((link) => link.network === segment));
      const names = here.map(([name]) => name);
      const of = segment === internet ? "the internet" : `networks.${segment}`;
      const hosts = allocate(names, { ...dockerHosts, of });
      const subnet = dockerSubnet(dockerPool, index);
      return [segment, (name: string) => `${subnet}.${hosts.get(name)}`];
    }),
  );
  return new Map(
    [...links].map(([name, each]) => [
      name,
      each.map((link) => ({ ...link, dockerAddress: addresses.get(link.network)?.(name) ?? "" })),
    ]),
  );
}

/** An interface before Docker has a part in it. */
type Link = Omit<PlannedInterface, "dockerAddress">;

/** Which container is on which segment, with which device and simulated addresses. */
function linksOf(topology: Topology): Map<string, Link[]> {
  const { nodes, wans } = allocateAddresses(topology);
  const links = new Map<string, Link[]>([
    ["control", [publicLink("inet", serverAddress.control)]],
    ["dns", [publicLink("inet", serverAddress.dns)]],
  ]);
  for (const [code, { address }] of relayNumbers(topology)) {
    links.set(relayName(code), [publicLink("inet", address)]);
  }
  const linkTo = (network: string, device: "wan" | "lan" | "inet", address = "") => {
    const lan = lanOf(topology, network);
    if (lan === undefined) return publicLink(device, address);
    return { network, device, addresses: [`${address}/${lan.length}`] };
  };
  for (const [name, { upstream }] of Object.entries(topology.networks)) {
    if (lanOf(topology, name) === undefined) continue;
    links.set(routerName(name), [
      linkTo(upstream ?? internet, "wan", wans.get(name)),
      linkTo(name, "lan", gatewayOf(topology, name)),
    ]);
  }
  for (const [name, { network }] of Object.entries(topology.nodes)) {
    const device = lanOf(topology, network) === undefined ? "inet" : "lan";
    links.set(name, [linkTo(network, device, nodes.get(name))]);
  }
  return links;
}

// A host's own address without its segment: an exit node keeps its clients off the networks that it
// is in itself, and the internet must not be one of them. The boot script adds the route.
function publicLink(device: Link["device"], address: string): Link {
  return { network: internet, device, addresses: [`${address}/32`, `${publicV6(address)}/128`] };
}

/** The relay of a region, as a node's name. */
export function relayName(code: string): string {
  return `derp-${code}`;
}
