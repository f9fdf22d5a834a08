import type { TailscaleObservations } from "../evidence/observations.ts";
import type { NodeFacts } from "./facts.ts";
import { from } from "./from.ts";
import { endpointAddresses, lanOf, lanOfEndpoints } from "./lan.ts";
import { blockedPorts, cutOff, downState, ownFaults, sharedLan, smallMtu } from "./own-faults.ts";
import { ownLoopbackPorts, publishedPorts } from "./published.ts";
import { servicePorts } from "./sockets.ts";
import { definedOnly, first, taken } from "./taken.ts";

/** What a machine's own outputs say of it. */
export function ofItself(machine: TailscaleObservations): Partial<NodeFacts> {
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
      loopback: ownLoopbackPorts(machine),
      published: publishedPorts(machine),
      blocked: blockedPorts(machine),
      sharedLan: sharedLan(machine),
      down: downState(machine),
      faults: ownFaults(machine),
    }),
  };
}

/** The node as it knows itself. */
export function selfOf({ status, netmap }: TailscaleObservations) {
  const ofStatus = status.kind === "seen" ? status.value.self : undefined;
  return ofStatus ?? (netmap.kind === "seen" ? netmap.value.self : undefined);
}

/** The first label of a DNS name: its name in MagicDNS. */
export function labelOf(dnsName: string | undefined): string {
  return dnsName?.split(".")[0] ?? "";
}
