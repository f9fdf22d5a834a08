import type { HeadscaleNode } from "../running/headscale.ts";
import { seenValue } from "./observation.ts";
import type { HostObservations, Observations, TailscaleObservations } from "./observations.ts";
import { covers, isDefault, isTailnetAddress, lengthOf } from "./prefix.ts";

/** A machine's addresses in the tailnet, from whoever knows them: itself, control, a peer. */
export function tailnetAddresses(seen: Observations, name: string): string[] {
  const own = seen.tailscale.get(name)?.status;
  if (own?.kind === "seen" && own.value.self !== undefined) return own.value.self.addresses;
  const registry = seen.control?.nodes;
  if (registry?.kind === "seen") {
    const known = registry.value.find((node) => node.name === name);
    if (known !== undefined) return known.addresses;
  }
  for (const { status } of seen.tailscale.values()) {
    if (status.kind !== "seen") continue;
    const peer = status.value.peers.find((each) => each.name === name);
    if (peer !== undefined) return peer.addresses;
  }
  return [];
}

/** Its addresses in its own networks: no loopback, no link-local, none of the tunnel. */
export function ownAddresses(host: HostObservations): string[] {
  if (host.machine.addresses !== undefined) return [...host.machine.addresses];
  return ownPrefixes(host).map(({ address }) => address);
}

/** The prefixes of its own networks, with its address in each. */
export function ownPrefixes(
  host: HostObservations,
): { address: string; prefix: string; device: string; length: number }[] {
  if (host.addresses.kind !== "seen") return [];
  return host.addresses.value
    .filter(({ name, isUp }) => isUp && name !== "lo" && !isTunnel(name))
    .flatMap(({ name, addresses }) =>
      addresses
        .filter(({ address }) => !address.startsWith("fe80:"))
        .map(({ address, prefixLength }) => ({
          address,
          prefix: `${address}/${prefixLength}`,
          device: name,
          length: prefixLength,
        })),
    );
}

/** An interface of its own, no tunnel, that takes no packets of a size. */
export function smallInterface(
  { addresses }: HostObservations,
  bytes: number,
): { name: string; mtu: number } | undefined {
  if (addresses.kind !== "seen") return undefined;
  return addresses.value.find(
    ({ name, isUp, mtu, addresses: own }) =>
      isUp && own.length > 0 && mtu > 0 && mtu < bytes && !isTunnel(name),
  );
}

/** The machine that has an address; undefined where none, or more than one, is known to. */
export function ownerOf(seen: Observations, address: string): string | undefined {
  const machines: HostObservations[] = [...seen.tailscale.values(), ...seen.hosts.values()];
  if (seen.control !== undefined) machines.push(seen.control);
  const owners = machines.filter((host) =>
    isTailnetAddress(address)
      ? tailnetAddresses(seen, host.machine.name).includes(address)
      : ownAddresses(host).includes(address),
  );
  return owners.length === 1 ? owners[0]?.machine.name : undefined;
}

/** The key that a node has in its tailnet; undefined for one that is logged out, whose key is zeros. */
export function nodeKeyOf({ status }: Pick<TailscaleObservations, "status">): string | undefined {
  const key = seenValue(status)?.self?.publicKey ?? "";
  return /^(?:nodekey:)?0*$/.test(key) ? undefined : key;
}

/** The machine, whatever its role. */
export function machineOf(seen: Observations, name: string): HostObservations | undefined {
  return (
    seen.tailscale.get(name) ??
    seen.hosts.get(name) ??
    (seen.control?.machine.name === name ? seen.control : undefined)
  );
}

/** A node that serves a route, as a peer knows it. */
export interface Server {
  name: string;
  prefix: string;
  address: string;
  online: boolean;
}

/** Who serves the most specific route to an address, of those that control has told a node; exit nodes left out. */
export function serverOf(node: TailscaleObservations, address: string): Server | undefined {
  if (node.status.kind !== "seen") return undefined;
  return node.status.value.peers
    .flatMap((peer) =>
      peer.routes
        .filter((prefix) => !isDefault(prefix) && covers(prefix, address))
        .map((prefix) => ({
          name: peer.name,
          prefix,
          address: peer.addresses[0] ?? "",
          online: peer.online,
        })),
    )
    .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix))[0];
}

/** The exit node that a node uses now. */
export function exitNodeOf(node: TailscaleObservations): Server | undefined {
  if (node.status.kind !== "seen") return undefined;
  const peer = node.status.value.peers.find(({ exitNode }) => exitNode);
  if (peer === undefined) return undefined;
  const address = peer.addresses[0] ?? "";
  return { name: peer.name, prefix: "0.0.0.0/0", address, online: peer.online };
}

/** What leads a node's packets into the tunnel, where it has peers: undefined where that could not be looked at. */
export function waysIntoTunnel({
  status,
  routes,
  rules,
}: Pick<TailscaleObservations, "status" | "routes" | "rules">):
  | { hasRoute: boolean; hasRule: boolean; peers: string[] }
  | undefined {
  if (status.kind !== "seen" || routes.kind !== "seen" || rules.kind !== "seen") return undefined;
  if (status.value.backendState !== "Running" || !status.value.tun) return undefined;
  // A peer whose key has expired has no route.
  const peers = status.value.peers
    .filter(({ isExpired }) => !isExpired)
    .flatMap(({ addresses }) => addresses)
    .filter((each) => each.includes(".") && isTailnetAddress(each));
  if (peers.length === 0) return undefined;
  const into = routes.value.filter(
    ({ device, prefix }) => isTunnel(device) && peers.some((peer) => covers(prefix, peer)),
  );
  const hasRule =
    rules.value.some(({ table }) => table === "52") || into.some(({ table }) => table === "main");
  return { hasRoute: into.length > 0, hasRule, peers };
}

export function isTunnel(device: string): boolean {
  return device.startsWith("tailscale");
}

/** Whether what a node's programs send to the internet goes to an exit node, or nowhere as that is none of its peers. */
export function usesExitNode(node: TailscaleObservations): boolean {
  if (exitNodeOf(node) !== undefined) return true;
  const isRunning = node.status.kind === "seen" && node.status.value.backendState === "Running";
  return isRunning && node.prefs.kind === "seen" && node.prefs.value.exitNode !== "";
}

/** The node that a node's setting names as exit node, as control knows it, a peer or not. */
export function wantedExitNode(
  { control }: Observations,
  { prefs }: TailscaleObservations,
): HeadscaleNode | undefined {
  if (control?.nodes.kind !== "seen" || prefs.kind !== "seen") return undefined;
  const { exitNode } = prefs.value;
  return control.nodes.value.find(
    ({ id, addresses }) => id === exitNode || addresses.includes(exitNode),
  );
}

/** The exit node by which a node's own programs reach the internet, if it uses one. */
export function exitNodeNames(seen: Observations, name: string): string[] {
  const node = seen.tailscale.get(name);
  const exit = node === undefined ? undefined : exitNodeOf(node);
  return exit === undefined ? [] : [exit.name];
}
