import type { HostObservations } from "../evidence/observations.ts";
import { contains, prefix } from "../topology/prefix.ts";
import type { Seen } from "./facts.ts";
import { from } from "./from.ts";

/** Interfaces of tunnels, containers and virtual machines. */
const inner = /^(?:lo$|tailscale|docker|br-|veth|virbr|wg|tun|tap|utun)/;

/** The machine's IPv4 address where its packets to the internet leave, with its prefix's length. */
export function lanOf(
  machine: HostObservations,
): Seen<{ address: string; length: number }> | undefined {
  if (machine.addresses.kind === "unseen") return undefined;
  const outer = machine.addresses.value.filter(({ name }) => !inner.test(name));
  const routes = machine.routes.kind === "seen" ? machine.routes.value : [];
  const uplink = routes.find(({ prefix: to, table }) => to === "0.0.0.0/0" && table === "main");
  const ordered = [...outer].sort(
    (a, b) => Number(b.name === uplink?.device) - Number(a.name === uplink?.device),
  );
  for (const { addresses } of ordered) {
    const own = addresses.find(
      ({ address }) => /^\d+(?:\.\d+){3}$/.test(address) && !address.startsWith("169.254."),
    );
    if (own === undefined) continue;
    return {
      value: { address: own.address, length: own.prefixLength },
      from: from(machine.addresses.evidence),
    };
  }
  return undefined;
}

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(prefix);
const shared = prefix("100.64.0.0/10");

export interface EndpointAddresses {
  /** Of its router, or its own. */
  publicAddresses: string[];
  /** Of its LAN. */
  lanAddresses: string[];
}

/** What a node's endpoints tell of where it is. Docker's own bridge is nobody's LAN. */
export function endpointAddresses(endpoints: readonly string[]): EndpointAddresses {
  const all = endpoints.flatMap((endpoint) => /^(\d+(?:\.\d+){3}):\d+$/.exec(endpoint)?.[1] ?? []);
  const isLan = (address: string) =>
    privateRanges.some((range) => contains(range, prefix(address)));
  return {
    publicAddresses: [
      ...new Set(all.filter((address) => !isLan(address) && !contains(shared, prefix(address)))),
    ],
    lanAddresses: all.filter((address) => isLan(address) && !address.startsWith("172.17.")),
  };
}

/** The length of its prefix is not told; homes and offices have /24. Behind a NAT it has an address in its LAN too. */
export function lanOfEndpoints(
  endpoints: readonly string[],
  source: string,
): Seen<{ address: string; length: number }> | undefined {
  const { publicAddresses, lanAddresses } = endpointAddresses(endpoints);
  const address = lanAddresses[0] ?? publicAddresses[0];
  if (address === undefined) return undefined;
  return { value: { address, length: 24 }, from: `${source}, for a LAN of the usual size` };
}
