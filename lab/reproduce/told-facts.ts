import { z } from "zod";
import type { Netmap, NetmapPeer } from "../evidence/netmap.ts";
import type { HeadscaleNode } from "../running/headscale.ts";
import type { PeerStatus } from "../running/status.ts";
import type { NodeFacts, Seen } from "./facts.ts";
import { endpointAddresses, lanOfEndpoints } from "./lan.ts";
import { definedOnly } from "./taken.ts";

/** What a netmap tells of a peer. */
export function ofPeer(peer: NetmapPeer, netmap: Netmap, source: string): Partial<NodeFacts> {
  const seen = <Value>(value: Value): Seen<Value> => ({ value, from: source });
  const { publicAddresses } = endpointAddresses(peer.endpoints);
  const home = netmap.relays.find(({ id }) => id === peer.homeRelay)?.code;
  return definedOnly({
    hostname: peer.hostname || undefined,
    tags: peer.tags.length === 0 ? undefined : seen(peer.tags),
    publicAddresses: publicAddresses.length === 0 ? undefined : seen(publicAddresses),
    lan: lanOfEndpoints(peer.endpoints, source),
    mappingVaries:
      peer.netInfo.mappingVaries === undefined ? undefined : seen(peer.netInfo.mappingVaries),
    udp: peer.netInfo.udp === undefined ? undefined : seen(peer.netInfo.udp),
    homeRelay: home === undefined ? undefined : seen(home),
    advertised: peer.routableIps.length === 0 ? undefined : seen(peer.routableIps),
    approved: seen([
      ...peer.allowedIps.filter((route) => !isOwn(route, peer.addresses)),
      // Of two routers with one route, one alone serves it.
      ...peer.routableIps.filter((route) =>
        netmap.peers.some((other) => other !== peer && other.allowedIps.includes(route)),
      ),
    ]),
  });
}

/** What `tailscale status` tells of a node. */
export function ofStatus(peer: PeerStatus, source: string): Partial<NodeFacts> {
  const served = [...peer.routes, ...(peer.exitNodeOption ? ["0.0.0.0/0", "::/0"] : [])];
  const routes = served.length === 0 ? undefined : { value: served, from: source };
  return definedOnly({
    hostname: peer.hostname,
    advertised: routes,
    approved: routes,
    tags: peer.tags.length === 0 ? undefined : { value: peer.tags, from: source },
    homeRelay: peer.homeRelay === "" ? undefined : { value: peer.homeRelay, from: source },
    faults: peer.isExpired ? [{ value: "key-expired", from: source }] : undefined,
  });
}

/** What Headscale tells of a node. */
export function ofControl(
  node: HeadscaleNode,
  source: string,
  hasRoutes: boolean,
): Partial<NodeFacts> {
  const seen = <Value>(value: Value): Seen<Value> => ({ value, from: source });
  return definedOnly({
    hostname: node.hostname,
    user: node.user === "" || node.tags.length > 0 ? undefined : seen(node.user),
    tags: node.tags.length === 0 ? undefined : seen(node.tags),
    ...(hasRoutes
      ? { advertised: seen(node.advertisedRoutes), approved: seen(node.approvedRoutes) }
      : {}),
  });
}

function isOwn(route: string, addresses: readonly string[]): boolean {
  return addresses.includes(route.replace(/\/\d+$/, ""));
}

const peerOwner = z.looseObject({ DNSName: z.string(), UserID: z.number() });
const owners = z.looseObject({
  Self: peerOwner.nullish(),
  Peer: z.record(z.string(), peerOwner).nullish(),
  User: z.record(z.string(), z.looseObject({ LoginName: z.string() })).nullish(),
});

/** Whose each node is, of `tailscale status --json`, by its name in MagicDNS. Machines with tags are nobody's. */
export function usersByNode(status: string): Map<string, string> {
  const read = owners.safeParse(JSON.parse(status));
  if (!read.success) return new Map();
  const { Self, Peer, User } = read.data;
  return new Map(
    [Self, ...Object.values(Peer ?? {})].flatMap((peer) => {
      const user = User?.[String(peer?.UserID)]?.LoginName;
      if (peer === null || peer === undefined || user === undefined) return [];
      return user === "tagged-devices" ? [] : [[peer.DNSName.replace(/\.$/, ""), user] as const];
    }),
  );
}
