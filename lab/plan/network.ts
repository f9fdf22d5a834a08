import { LabError } from "../errors.ts";
import { lanOf, routerAddress } from "../topology/placement.ts";
import { addressText, type Prefix, prefix } from "../topology/prefix.ts";
import { labServers, simulatedInternet } from "../topology/reserved.ts";
import { internet, type Topology } from "../topology/schema.ts";
import { hardwareAddress, publicV6, relayName, routerName, serverAddress } from "./addresses.ts";
import { allocate, type NumberRange } from "./allocate.ts";
import type { Allocation } from "./allocation.ts";
import type { PlannedInterface } from "./plan.ts";

/** Where every machine of a lab is: resolved once from the topology, and read by every kind of machine. */
export interface LabNetwork {
  /** The layer-2 segments by name: the internet, and each network that has a LAN. */
  segments: ReadonlyMap<string, Segment>;
  /** A machine's interfaces, a router's WAN before its LAN. */
  interfacesOf(machine: string): PlannedInterface[];
  /** The IPv4 address of a machine, of a router that of its WAN; undefined for a name that no machine has. */
  addressOf(machine: string): string | undefined;
  /** The LAN side of a network's router; undefined for a public network, which has no router. */
  gatewayOf(network: string): string | undefined;
  /** DERP regions by code. */
  relays: ReadonlyMap<string, { region: number; address: string }>;
  /** For the next plan of the same lab. */
  allocation: Allocation;
}

export interface Segment {
  /** Docker's subnet: `198.19.7.0/24`. */
  dockerSubnet: string;
  /** The machines on it, by name. */
  members: Neighbour[];
}

/** A machine as others on its segment reach it. */
export interface Neighbour {
  machine: string;
  /** Simulated, without prefix length. */
  addresses: string[];
  hardwareAddress: string;
}

/** Docker's /24 networks in 198.19.0.0/16, and what it can give away in one: .1 is the bridge's. */
const subnetCount = 256;
const dockerHostRange = { from: 2, to: 254 };
/** Custom DERP regions have the ids 900 to 999; each has one relay. */
const regionRange = { from: 900, to: 999 };
/** Relays are in the lab's own part of the internet. */
const relayRange = { from: Number(labServers.first) + 100, to: Number(labServers.first) + 199 };

/** The names of a lab's layer-2 segments. */
export function segmentNames(topology: Topology): string[] {
  const lans = Object.keys(topology.networks).filter((name) => lanOf(topology, name) !== undefined);
  return [internet, ...lans.sort()];
}

/** An interface of a machine, before it has its numbers. */
interface Link {
  machine: string;
  segment: string;
  device: PlannedInterface["device"];
  /** IPv4, where it is not to be chosen. */
  fixed?: string | undefined;
}

/**
 * @param kept what an earlier plan of the lab gave, with Docker's subnet of every segment.
 * @throws LabError `TopologyInvalid` where machines don't fit on their segment, `PoolExhausted` where a
 *   segment's subnet is not in 198.19.0.0/16.
 */
export function resolveNetwork(topology: Topology, kept: Allocation): LabNetwork {
  const relays = placeRelays(topology, kept);
  const links = linksOf(topology, relays);
  const segments = new Map<string, Segment>();
  const interfaces = new Map<string, PlannedInterface[]>(links.map(({ machine }) => [machine, []]));
  const allocation: Allocation = {
    subnets: {},
    dockerHosts: {},
    addresses: { ...relayAddresses(relays) },
    regions: Object.fromEntries([...relays].map(([code, { region }]) => [code, region])),
  };
  for (const name of segmentNames(topology)) {
    const here = links.filter(({ segment }) => segment === name);
    const lan = lanOf(topology, name);
    const addresses = chooseAddresses(name, here, lan, kept);
    const hosts = allocate(
      here.map(({ machine }) => machine),
      { ...dockerHostRange, of: name === internet ? "the internet" : `networks.${name}` },
      new Set(),
      kept.dockerHosts[name],
    );
    const subnet = subnetOf(name, kept);
    const members: Neighbour[] = [];
    for (const { machine, device, fixed } of here) {
      const address = fixed ?? addressText(4, BigInt(addresses.get(machine) ?? 0));
      const dockerAddress = `198.19.${subnet}.${hosts.get(machine)}`;
      const one: PlannedInterface = {
        network: name,
        device,
        dockerAddress,
        hardwareAddress: hardwareAddress(dockerAddress),
        addresses: lan === undefined ? publicAddresses(address) : [`${address}/${lan.length}`],
      };
      interfaces.get(machine)?.push(one);
      members.push({
        machine,
        addresses: one.addresses.map(withoutLength),
        hardwareAddress: one.hardwareAddress,
      });
    }
    members.sort((a, b) => (a.machine < b.machine ? -1 : 1));
    segments.set(name, { dockerSubnet: `198.19.${subnet}.0/24`, members });
    allocation.subnets[name] = subnet;
    allocation.dockerHosts[name] = sorted(hosts);
    allocation.addresses[name] = { ...allocation.addresses[name], ...sorted(addresses) };
  }
  const addressOf = (machine: string) =>
    interfaces.get(machine)?.[0]?.addresses.map(withoutLength)[0];
  return {
    segments,
    interfacesOf: (machine) => interfaces.get(machine) ?? [],
    addressOf,
    gatewayOf: (network) => gateway(topology, network),
    relays,
    allocation,
  };
}

function gateway(topology: Topology, network: string): string | undefined {
  const lan = lanOf(topology, network);
  return lan === undefined ? undefined : addressText(4, routerAddress(lan));
}

function placeRelays(
  topology: Topology,
  kept: Allocation,
): Map<string, { region: number; address: string }> {
  const codes = Object.keys(topology.relays);
  const most = regionRange.to - regionRange.from + 1;
  if (codes.length > most) {
    throw new LabError("TopologyInvalid", `${codes.length} relays; there are ${most} ids`, {
      where: "relays",
      remedy: `declare at most ${most}`,
    });
  }
  const of = "relays";
  const regions = allocate(codes, { ...regionRange, of }, new Set(), kept.regions);
  const keptAddresses = Object.fromEntries(
    codes.flatMap((code) => {
      const address = kept.addresses[internet]?.[relayName(code)];
      return address === undefined ? [] : [[code, address]];
    }),
  );
  const addresses = allocate(codes, { ...relayRange, of }, new Set(), keptAddresses);
  return new Map(
    codes.map((code) => [
      code,
      {
        region: regions.get(code) ?? 0,
        address: addressText(4, BigInt(addresses.get(code) ?? 0)),
      },
    ]),
  );
}

function relayAddresses(relays: ReadonlyMap<string, { address: string }>): Allocation["addresses"] {
  const entries = [...relays].map(([code, { address }]) => [
    relayName(code),
    Number(prefix(address).first),
  ]);
  return { [internet]: Object.fromEntries(entries) };
}

/** Which machine is on which segment, with which device. */
function linksOf(topology: Topology, relays: LabNetwork["relays"]): Link[] {
  const publicLink = (machine: string, fixed: string): Link => ({
    machine,
    segment: internet,
    device: "inet",
    fixed,
  });
  const segmentOf = (network: string) => (lanOf(topology, network) ? network : internet);
  const links = [
    publicLink("control", serverAddress.control),
    publicLink("dns", serverAddress.dns),
    ...[...relays].map(([code, { address }]) => publicLink(relayName(code), address)),
  ];
  for (const [name, { upstream = internet }] of Object.entries(topology.networks)) {
    if (lanOf(topology, name) === undefined) continue;
    const machine = routerName(name);
    links.push(
      { machine, segment: segmentOf(upstream), device: "wan" },
      { machine, segment: name, device: "lan", fixed: gateway(topology, name) },
    );
  }
  for (const [machine, { network, address }] of Object.entries(topology.nodes)) {
    const segment = segmentOf(network);
    links.push({ machine, segment, device: segment === internet ? "inet" : "lan", fixed: address });
  }
  return links;
}

/** Numbers of those addresses that are to be chosen. */
function chooseAddresses(
  segment: string,
  links: readonly Link[],
  lan: Prefix | undefined,
  kept: Allocation,
): Map<string, number> {
  const range: NumberRange =
    lan === undefined
      ? {
          from: Number(labServers.last) + 2,
          to: Number(simulatedInternet.last) - 1,
          of: "the internet",
        }
      : {
          from: Number(routerAddress(lan)) + 1,
          to: Number(lan.last) - 1,
          of: `networks.${segment}.lan`,
        };
  const fixed = links.flatMap((link) => link.fixed ?? []).map((each) => Number(prefix(each).first));
  const open = links.filter((link) => link.fixed === undefined).map(({ machine }) => machine);
  return allocate(open, range, new Set(fixed), kept.addresses[segment]);
}

function subnetOf(segment: string, { subnets }: Allocation): number {
  const subnet = subnets[segment];
  if (subnet === undefined || !Number.isInteger(subnet) || subnet < 0 || subnet >= subnetCount) {
    throw new LabError("PoolExhausted", `there is no network 198.19.${subnet}.0/24`, {
      where: "198.19.0.0/16",
      remedy: `take numbers from 0 to ${subnetCount - 1}`,
    });
  }
  return subnet;
}

// A host's own address without its segment: an exit node keeps its clients off the networks that it
// is in itself, and the internet must not be one of them. The boot script adds the route.
function publicAddresses(address: string): string[] {
  return [`${address}/32`, `${publicV6(address)}/128`];
}

function sorted(numbers: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...numbers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutLength(address: string): string {
  return address.split("/")[0] ?? address;
}
