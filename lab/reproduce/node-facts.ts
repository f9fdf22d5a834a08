import { z } from "zod";
import { isNamedAfter } from "../evidence/hostnames.ts";
import type { Netmap, NetmapPeer } from "../evidence/netmap.ts";
import type { Observations, TailscaleObservations } from "../evidence/observations.ts";
import { type HeadscaleNode, namesRoutes } from "../running/headscale.ts";
import type { PeerStatus } from "../running/status.ts";
import type { NodeFacts, Seen } from "./facts.ts";
import { from } from "./from.ts";
import { endpointAddresses, lanOf } from "./lan.ts";
import { ownOutages } from "./outages.ts";
import { blockedPorts, cutOff, downState, ownFaults, sharedLan, smallMtu } from "./own-faults.ts";
import { isProviders } from "./providers.ts";
import { loopbackPorts, servicePorts } from "./sockets.ts";
import { first, taken } from "./taken.ts";

/** Every node that a machine, one of its peers or control tells of: what it says of itself counts most. */
export function nodeFacts(seen: Observations): NodeFacts[] {
  const nodes: NodeFacts[] = [];
  const find = (addresses: readonly string[], name: string): NodeFacts => {
    const known =
      nodes.find((node) => node.tailnetAddresses.some((each) => addresses.includes(each))) ??
      nodes.find(
        (node) =>
          node.name === name && (addresses.length === 0 || node.tailnetAddresses.length === 0),
      );
    if (known?.tailnetAddresses.length === 0) known.tailnetAddresses.push(...addresses);
    if (known !== undefined) return known;
    const node: NodeFacts = { name, isCaptured: false, tailnetAddresses: [...addresses] };
    nodes.push(node);
    return node;
  };
  const captured = [...seen.tailscale.values()];
  const copies = clones(captured);
  for (const machine of captured) {
    const self = selfOf(machine);
    const original = copies.get(machine);
    // What a copy says of itself is the original's, but for its own machine.
    const node =
      original === undefined
        ? find(self?.addresses ?? [], labelOf(self?.dnsName) || machine.machine.name)
        : find([], machine.machine.name);
    fill(node, { ...ofItself(machine), ...ownOutages(seen, machine.machine.name) });
    if (original !== undefined) fill(node, { clonedFrom: original });
    node.isCaptured = true;
  }
  if (seen.control?.nodes.kind === "seen") {
    const source = from(seen.control.nodes.evidence);
    for (const known of seen.control.nodes.value) {
      const node = find(known.addresses, known.givenName || known.hostname);
      fill(node, ofControl(known, source, namesRoutes(seen.control.nodes.value)));
      if (isNamedAfter(node.name, known.hostname)) {
        fill(node, { namedAfter: known.hostname });
      }
    }
  }
  const used = new Set(
    captured.flatMap(({ status }) =>
      status.kind === "unseen"
        ? []
        : status.value.peers.filter(({ exitNode }) => exitNode).map(({ dnsName }) => dnsName),
    ),
  );
  const isLeftOut = (peer: { hostname: string; dnsName: string }) =>
    isProviders(peer) && !used.has(peer.dnsName);
  for (const { netmap } of captured) {
    if (netmap.kind === "unseen") continue;
    const source = from(netmap.evidence);
    for (const peer of netmap.value.peers) {
      if (isLeftOut(peer)) continue;
      fill(
        find(peer.addresses, labelOf(peer.dnsName) || peer.hostname),
        ofPeer(peer, netmap.value, source),
      );
    }
  }
  for (const { status } of captured) {
    if (status.kind === "unseen") continue;
    const source = from(status.evidence);
    const users = usersByNode(status.evidence.stdout);
    const { self, peers, domain } = status.value;
    for (const peer of [self, ...peers]) {
      if (peer === undefined || isLeftOut(peer)) continue;
      const node = find(peer.addresses, labelOf(peer.dnsName) || peer.hostname);
      fill(node, ofStatus(peer, source));
      const own = domainOf(peer.dnsName);
      if (own !== domain) fill(node, { sharedFrom: own });
      else if (isNamedAfter(node.name, peer.hostname)) {
        fill(node, { namedAfter: peer.hostname });
      }
      const user = users.get(peer.dnsName);
      if (user !== undefined) fill(node, { user: { value: user, from: source } });
    }
  }
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Machines that have another's node key, each with an address of that other; who has its name is the original. */
function clones(
  captured: readonly TailscaleObservations[],
): Map<TailscaleObservations, Seen<string>> {
  const keyOf = (machine: TailscaleObservations) => {
    const key = machine.status.kind === "seen" ? machine.status.value.self?.publicKey : undefined;
    // Logged out it has none: zeros.
    return key === undefined || /^(?:nodekey:)?0*$/.test(key) ? machine : key;
  };
  return new Map(
    [...Map.groupBy(captured, keyOf).values()].flatMap((same) => {
      const isNamed = (each: TailscaleObservations) =>
        labelOf(selfOf(each)?.dnsName) === each.machine.name;
      const original = same.find(isNamed) ?? same[0];
      return same
        .filter((each) => each !== original)
        .flatMap((each) => {
          const address = taken(each.status, ({ self }) => self?.addresses[0]);
          return address === undefined ? [] : [[each, address] as const];
        });
    }),
  );
}

/** What was not seen yet; what was, stays. */
function fill(node: NodeFacts, facts: Partial<NodeFacts>): void {
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined && node[key as keyof NodeFacts] === undefined) {
      Object.assign(node, { [key]: value });
    }
  }
}

function selfOf({ status, netmap }: TailscaleObservations) {
  const ofStatus = status.kind === "seen" ? status.value.self : undefined;
  return ofStatus ?? (netmap.kind === "seen" ? netmap.value.self : undefined);
}

function ofItself(machine: TailscaleObservations): Partial<NodeFacts> {
  const { status, prefs, netmap, netcheck, sockets } = machine;
  const self = netmap.kind === "seen" ? netmap.value.self : undefined;
  const mapsPorts = (value: Extract<typeof netcheck, { kind: "seen" }>["value"]) => {
    const { upnp, natPmp, pcp } = value.portMapping;
    const spoken = [upnp && "UPnP", natPmp && "NAT-PMP", pcp && "PCP"];
    return spoken.filter((protocol) => typeof protocol === "string");
  };
  return {
    ...definedOnly({
      lan:
        lanOf(machine) ??
        lanOfEndpoints(
          self?.endpoints ?? [],
          from(netmap.kind === "seen" ? netmap.evidence : netmap),
        ),
      publicAddresses: first([
        taken(netcheck, ({ globalV4 }) =>
          globalV4 === "" ? undefined : [globalV4.replace(/:\d+$/, "")],
        ),
        taken(netmap, () => {
          const { publicAddresses } = endpointAddresses(self?.endpoints ?? []);
          return publicAddresses.length === 0 ? undefined : publicAddresses;
        }),
      ]),
      udp: taken(netcheck, ({ udp }) => udp),
      isCutOff: cutOff(machine),
      smallMtu: smallMtu(machine),
      mappingVaries: first([
        taken(netcheck, ({ mappingVariesByDestIp }) => mappingVariesByDestIp ?? undefined),
        taken(netmap, () => self?.netInfo.mappingVaries),
      ]),
      hasIpv6: taken(netcheck, ({ globalV6 }) => globalV6 !== ""),
      portMapping: taken(netcheck, mapsPorts),
      homeRelay: taken(status, (value) => value.self?.homeRelay || undefined),
      acceptRoutes: taken(prefs, ({ acceptsRoutes }) => acceptsRoutes),
      acceptDns: taken(prefs, ({ acceptsDns }) => acceptsDns),
      advertised: taken(prefs, ({ advertisedRoutes }) => advertisedRoutes),
      exitNode: first([
        taken(
          status,
          ({ peers }) => labelOf(peers.find((peer) => peer.exitNode)?.dnsName) || undefined,
        ),
        taken(prefs, ({ exitNode }) => exitNode || undefined),
      ]),
      allowLanAccess: taken(prefs, ({ exitNodeAllowsLan }) => exitNodeAllowsLan),
      snat: taken(prefs, ({ masquerades }) => masquerades),
      listening: taken(sockets, servicePorts),
      loopback: taken(sockets, loopbackPorts),
      blocked: blockedPorts(machine),
      sharedLan: sharedLan(machine),
      down: downState(machine),
      faults: ownFaults(machine),
    }),
  };
}

function ofPeer(peer: NetmapPeer, netmap: Netmap, source: string): Partial<NodeFacts> {
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

/** The length of its prefix is not told; homes and offices have /24. Behind a NAT it has an address in its LAN too. */
function lanOfEndpoints(endpoints: readonly string[], source: string): NodeFacts["lan"] {
  const { publicAddresses, lanAddresses } = endpointAddresses(endpoints);
  const address = lanAddresses[0] ?? publicAddresses[0];
  if (address === undefined) return undefined;
  return { value: { address, length: 24 }, from: `${source}, for a LAN of the usual size` };
}

function ofStatus(peer: PeerStatus, source: string): Partial<NodeFacts> {
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

function ofControl(node: HeadscaleNode, source: string, hasRoutes: boolean): Partial<NodeFacts> {
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

function domainOf(dnsName: string): string {
  return dnsName.split(".").slice(1).join(".");
}

function labelOf(dnsName: string | undefined): string {
  return dnsName?.split(".")[0] ?? "";
}

const peerOwner = z.looseObject({ DNSName: z.string(), UserID: z.number() });
const owners = z.looseObject({
  Self: peerOwner.nullish(),
  Peer: z.record(z.string(), peerOwner).nullish(),
  User: z.record(z.string(), z.looseObject({ LoginName: z.string() })).nullish(),
});

/** Whose each node is, of `tailscale status --json`, by its name in MagicDNS. Machines with tags are nobody's. */
function usersByNode(status: string): Map<string, string> {
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

type Defined<Facts> = { [Key in keyof Facts]: Exclude<Facts[Key], undefined> };

function definedOnly<Facts extends object>(facts: Facts): Partial<Defined<Facts>> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<Facts>>;
}
