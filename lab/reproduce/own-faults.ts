import { droppedBy } from "../evidence/firewall.ts";
import { printedBy } from "../evidence/firewall-text.ts";
import { seenValue } from "../evidence/observation.ts";
import type { HostObservations, TailscaleObservations } from "../evidence/observations.ts";
import { covers, isOwnResolver, sharedRange } from "../evidence/prefix.ts";
import { strictFilters } from "../evidence/sockets.ts";
import { ownPrefixes, usesExitNode } from "../evidence/where.ts";
import { longestLan } from "../topology/fault-values.ts";
import { prefix, withoutHostBits } from "../topology/prefix.ts";
import type { DownState, Listening, NodeFacts, OwnFault, Seen } from "./facts.ts";
import { from } from "./from.ts";
import { servicePorts } from "./sockets.ts";
import { first, taken } from "./taken.ts";

/** What a machine's own outputs say is wrong with it; of what needs several of them, where the last says so. */
export function ownFaults(machine: TailscaleObservations): Seen<OwnFault>[] {
  const { status, prefs, sysctls, dns, resolvConf } = machine;
  const [own, preferences] = [seenValue(status), seenValue(prefs)];
  const forwards = (preferences?.advertisedRoutes.length ?? 0) > 0 && own?.tun === true;
  const usesMagicDns = preferences?.acceptsDns === true && seenValue(dns)?.isMagic === true;
  const all: (Seen<OwnFault> | undefined)[] = [
    // A node whose key has expired asks for a login too.
    taken(status, ({ self, backendState }) => {
      if (self?.isExpired === true) return "key-expired";
      if (backendState === "Stopped") return "tailscale-stopped";
      return backendState === "NeedsLogin" ? "logged-out" : undefined;
    }),
    taken(prefs, ({ shieldsUp }) => (shieldsUp ? "shields-up" : undefined)),
    taken(status, ({ backendState, tun }) =>
      backendState === "Running" && !tun ? "userspace-networking" : undefined,
    ),
    taken(sysctls, (values) =>
      forwards && values.get("net.ipv4.ip_forward") === "0" ? "ip-forwarding-off" : undefined,
    ),
    taken(sysctls, () => (filtersStrictly(machine) ? "rp-filter" : undefined)),
    taken(resolvConf, ({ nameservers }) =>
      usesMagicDns && nameservers.length > 0 && !isOwnResolver(nameservers[0] ?? "")
        ? "resolv-conf-overwritten"
        : undefined,
    ),
  ];
  return all.filter((each) => each !== undefined);
}

/** Strict reverse path filtering, which has dropped something. */
function filtersStrictly({ sysctls, reversePathDrops }: HostObservations): boolean {
  const hasDropped = (seenValue(reversePathDrops) ?? 0) > 0;
  return hasDropped && strictFilters(seenValue(sysctls) ?? new Map()).length > 0;
}

/** That its network lets nothing out, or its own interface: a packet filter of its own would be another fault. */
export function cutOff(machine: TailscaleObservations): Seen<true> | undefined {
  const { netcheck, relayProbes, controlProbe } = machine;
  const [relays, control] = [seenValue(relayProbes), seenValue(controlProbe)];
  const isSilent = relays?.every(
    ({ https, http, ping }) => https.exitCode !== 0 && http.exitCode !== 0 && !ping.small,
  );
  if (isSilent !== true || control === undefined || control.status !== undefined) return undefined;
  if (filtersStrictly(machine)) return undefined;
  return taken(netcheck, ({ udp }) => (udp ? undefined : true));
}

/** Whether something near the machine itself lets its probes fail, so that they tell nothing of who was asked. */
export function failsByItself(machine: TailscaleObservations): boolean {
  return (
    cutOff(machine) !== undefined || filtersStrictly(machine) || losesInSilence(smallMtu(machine))
  );
}

function losesInSilence(mtu: NodeFacts["smallMtu"]): boolean {
  return mtu !== undefined && mtu.value !== null && mtu.value.bytes === undefined;
}

/** What pings of the relays tell of the largest packet; through an exit node they tell of the tunnel. */
export function smallMtu(machine: TailscaleObservations): NodeFacts["smallMtu"] {
  if (usesExitNode(machine)) return undefined;
  return taken(machine.relayProbes, (relays) => {
    const pings = relays.map(({ ping }) => ping).filter(({ small }) => small);
    if (pings.length === 0) return undefined;
    if (pings.some(({ large }) => large)) return null;
    const bytes = first(pings.map(({ mtu }) => mtu));
    return bytes === undefined ? {} : { bytes };
  });
}

/** Of a machine that did not run, or stood still. */
export function downState({ machine, addresses }: HostObservations): Seen<DownState> | undefined {
  if (addresses.kind === "seen" || addresses.isDown !== true) return undefined;
  const value = /paused/.test(addresses.why) ? "pause" : "stop";
  return { value, from: `${machine.name}: ${addresses.why}` };
}

/** Ports that something listens on, and that the machine's own rules drop for whoever comes out of the tunnel. */
export function blockedPorts({
  firewall,
  sockets,
}: TailscaleObservations): Seen<Listening[]> | undefined {
  if (firewall.kind !== "seen") return undefined;
  const blocked = servicePorts(seenValue(sockets) ?? []).flatMap((listening) => {
    const by = droppedBy(firewall.value, {
      hook: "input",
      device: "tailscale0",
      source: "100.64.255.254",
      destination: "100.64.0.1",
      port: listening.port,
      protocol: listening.protocol,
      isAnswer: false,
    });
    return by === undefined ? [] : [{ listening, by }];
  });
  const [one] = blocked;
  if (one === undefined) return undefined;
  const { node, argv } = firewall.evidence;
  return {
    value: blocked.map(({ listening }) => listening),
    from: from({ node, argv: printedBy(one.by) ?? argv }),
  };
}

/** A LAN of its own within the tailnet's range, as a carrier's NAT gives: one that has room for a router and others. */
export function sharedLan(machine: TailscaleObservations): Seen<string> | undefined {
  const own = ownPrefixes(machine).find((each) => covers(sharedRange, each.prefix));
  return taken(machine.addresses, () =>
    own === undefined
      ? undefined
      : withoutHostBits(prefix(`${own.address}/${Math.min(own.length, longestLan)}`)),
  );
}
