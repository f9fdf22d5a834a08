import type { NetmapRelay } from "./netmap.ts";
import type { Observations, TailscaleObservations } from "./observations.ts";
import { isUntrusted, type RelayProbe } from "./probes.ts";
import type { Reader, SeenLine } from "./reader.ts";
import { usesExitNode } from "./where.ts";

/** How one node sees one region: one of its relays that it reaches, else the first, as any of them will do. */
export interface RelayView {
  node: string;
  relay: NetmapRelay;
  probe: RelayProbe;
  isReached: boolean;
  /** curl's words about the certificate; undefined where it has nothing against it. */
  certificate: string | undefined;
  /** Whether STUN answers; undefined where UDP does not pass to any relay, or netcheck could not be had. */
  stun: boolean | undefined;
  seen: SeenLine;
}

/** Of each node that could try, one for each region that it knows; a node that reaches nothing at all is left out. */
export function relayViews(reader: Reader): RelayView[] {
  return [...reader.observations.tailscale].flatMap(([name, node]) => {
    const views = viewsOf(reader, name, node);
    const { controlProbe } = node;
    const hasNetwork =
      (controlProbe.kind === "seen" && controlProbe.value.status !== undefined) ||
      views.some(({ isReached, stun, certificate }) => isReached || stun === true || certificate);
    return hasNetwork ? views : [];
  });
}

function viewsOf(reader: Reader, name: string, node: TailscaleObservations): RelayView[] {
  if (node.relayProbes.kind === "unseen" && node.relayProbes.isDown) return [];
  const probes = reader.read(node.relayProbes) ?? [];
  const relays = node.netmap.kind === "seen" ? node.netmap.value.relays : [];
  const netcheck = node.netcheck.kind === "seen" ? node.netcheck.value : undefined;
  // With an exit node curl goes by it, and tailscaled itself does not.
  const hasOwnWay = !usesExitNode(node);
  return relays.flatMap((relay) => {
    const views = relay.hosts.flatMap(({ hostname, port, isStunOnly }): RelayView[] => {
      if (isStunOnly) return [];
      const probe = probes.find(({ host }) => host === hostname);
      if (probe === undefined || probe.https.exitCode === -1) return [];
      const { exitCode, text } = probe.https;
      const isRefused = isUntrusted(probe.https);
      if (!hasOwnWay && probe.https.status === 0 && !isRefused) return [];
      return [
        {
          node: name,
          relay,
          probe,
          isReached: exitCode === 0,
          certificate: isRefused ? text : undefined,
          stun: netcheck?.udp === true ? relay.code in netcheck.relayLatencyMs : undefined,
          seen: {
            node: name,
            command: `curl -m 4 https://${hostname}:${port}/generate_204`,
            line: text,
          },
        },
      ];
    });
    return views.find(({ isReached }) => isReached) ?? views.slice(0, 1);
  });
}

export function stunSeen({ node, relay, stun }: RelayView): SeenLine {
  const line = stun
    ? `RegionLatency has ${relay.id} (${relay.code})`
    : `no RegionLatency of ${relay.id} (${relay.code})`;
  return { node, command: "tailscale netcheck --format=json", line };
}

/** Nodes whose home a region is, as anybody knows. */
export function livesAt(seen: Observations, code: string): string[] {
  const names = [...seen.tailscale.values()].flatMap(({ status }) =>
    status.kind === "seen"
      ? [status.value.self, ...status.value.peers]
          .filter((peer) => peer?.homeRelay === code)
          .map((peer) => peer?.name ?? "")
      : [],
  );
  return [...new Set(names)];
}
