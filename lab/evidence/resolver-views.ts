import { isIP } from "node:net";
import type { HostObservations, Observations, TailscaleObservations } from "./observations.ts";
import { covers, isDefault, isPrivate, isTailnetAddress, magicDnsAddresses } from "./prefix.ts";
import type { ResolverProbe } from "./probes.ts";
import type { Reader, SeenLine } from "./reader.ts";
import type { Socket } from "./sockets.ts";
import { machineOf, ownerOf, ownPrefixes, usesExitNode } from "./where.ts";

/** A resolver that a node is told to use, and what comes of it there. */
export interface ResolverView {
  node: TailscaleObservations;
  name: string;
  server: string;
  /** Of split DNS; undefined for one that is asked for everything. */
  domain: string | undefined;
  probe: ResolverProbe;
  /** Whether MagicDNS on the node answers, which asks all that it is told to use. */
  isMagicAnswering: boolean;
  /** Whether the node's packets to it have a way at all. */
  hasRoute: boolean;
  seen: SeenLine;
}

/** Of all nodes that take DNS from the tailnet; those that ask by an exit node ask none of them. */
export function resolverViews(reader: Reader): ResolverView[] {
  return [...reader.observations.tailscale].flatMap(([name, node]): ResolverView[] => {
    const { dns, prefs, status } = node;
    if (dns.kind !== "seen" || prefs.kind !== "seen" || !prefs.value.acceptsDns) return [];
    if (status.kind !== "seen" || status.value.backendState !== "Running") return [];
    const probes = reader.read(node.resolverProbes);
    if (probes === undefined) return [];
    const { resolvers, splitDns } = dns.value;
    const all = [
      ...resolvers.map((server) => ({ server, domain: undefined })),
      ...Object.entries(splitDns).flatMap(([domain, servers]) =>
        servers.map((server) => ({ server, domain })),
      ),
    ];
    return all
      .filter(({ server }) => isIP(server) !== 0)
      .flatMap(({ server, domain }) => {
        const probe = probes.find((each) => each.server === server);
        if (probe === undefined) return [];
        return {
          node,
          name,
          server,
          domain,
          probe,
          isMagicAnswering: probes.some(
            (each) => magicDnsAddresses.includes(each.server) && isAnswer(each.status),
          ),
          hasRoute: hasRoute(node, server),
          seen: seenOf(name, server, probe),
        };
      });
  });
}

/** A server that hands on to one that does not answer says SERVFAIL. */
export function isAnswer(status: string | undefined): boolean {
  return status !== undefined && status !== "SERVFAIL";
}

/** Where MagicDNS on the node gets an answer, the resolver that it asks for everything has given it. */
export function isSilent({ probe, domain, isMagicAnswering }: ResolverView): boolean {
  return !isAnswer(probe.status) && (domain !== undefined || !isMagicAnswering);
}

/** The machine of an address, where its DNS server asks MagicDNS, as the machine itself does; with its socket. */
export function forwarderToMagicDns(
  observations: Observations,
  server: string,
): { host: HostObservations; listener: Socket } | undefined {
  const name = ownerOf(observations, server);
  const host = name === undefined ? undefined : machineOf(observations, name);
  if (host?.sockets.kind !== "seen" || host.resolvConf.kind !== "seen") return undefined;
  const listener = host.sockets.value.find(
    ({ port, protocol, program }) => port === 53 && protocol === "udp" && program !== "tailscaled",
  );
  const { nameservers } = host.resolvConf.value;
  const isItsOwn = nameservers.some((each) => magicDnsAddresses.includes(each));
  return listener === undefined || !isItsOwn ? undefined : { host, listener };
}

function seenOf(node: string, server: string, probe: ResolverProbe): SeenLine {
  const line =
    probe.status === undefined ? "no servers could be reached" : `status: ${probe.status}`;
  return { node, command: `dig @${server} . NS`, line };
}

/** By the tailnet, in its own LAN, or out to the internet where it is a public address. */
function hasRoute(node: TailscaleObservations, server: string): boolean {
  if (isTailnetAddress(server)) return true;
  if (ownPrefixes(node).some(({ prefix }) => covers(prefix, server))) return true;
  if (usesExitNode(node)) return true;
  if (!isPrivate(server) || node.routes.kind !== "seen") return true;
  return node.routes.value.some(
    ({ table, prefix, type }) =>
      (table === "52" || table === "main") &&
      type === "unicast" &&
      !isDefault(prefix) &&
      covers(prefix, server),
  );
}
