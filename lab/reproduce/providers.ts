import type { Observations } from "../evidence/observations.ts";
import { from } from "./from.ts";

/** Whether it is a machine of Tailscale or Mullvad, of which a tailnet may have hundreds: Funnel's, and exit nodes. */
export function isProviders(peer: { hostname: string; dnsName: string }): boolean {
  return peer.hostname === "funnel-ingress-node" || peer.dnsName.endsWith(".mullvad.ts.net");
}

/** How many of these were left aside, in words. Who uses one of them as exit node has it all the same. */
export function providersAside(seen: Observations): string[] {
  return [...seen.tailscale.values()].flatMap(({ status }) => {
    if (status.kind === "unseen") return [];
    const aside = status.value.peers.filter((peer) => !peer.exitNode && isProviders(peer));
    if (aside.length === 0) return [];
    const source = from(status.evidence);
    return [`${aside.length} machines of Tailscale's Funnel or Mullvad's exit nodes (${source})`];
  });
}
