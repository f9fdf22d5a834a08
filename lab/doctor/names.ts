import type { Attempts, Observations, TailscaleObservations } from "../evidence/observations.ts";

/** Resolvers that tailscaled on a node hands names on to. */
export function forwardedNames(seen: Observations, node: string): string[] {
  const dns = seen.tailscale.get(node)?.dns;
  return dns?.kind === "seen" ? dns.value.resolvers : [];
}

/** Whether a name is a domain or within it. */
export function isUnder(name: string, domain: string): boolean {
  const [inner, outer] = [name, domain].map((each) => each.toLowerCase().replace(/\.$/, ""));
  return outer !== "" && (inner === outer || inner?.endsWith(`.${outer}`) === true);
}

/**
 * A question about a name that the system could not resolve, also where it had no answer in time. Nobody can try it in a
 * capture: there it counts as unresolved, as it is asked about.
 */
export function unresolved({
  attempts,
  isLive,
}: Observations): (Attempts & { name: string }) | undefined {
  if (attempts?.name == null || attempts.system === undefined) return undefined;
  const { name, system } = attempts;
  const isFailed =
    system.kind === "seen"
      ? system.value.length === 0
      : system.evidence === undefined
        ? !isLive
        : system.evidence.exitCode === null;
  return isFailed ? { ...attempts, name } : undefined;
}

/** Whether it is asked why a name does not resolve, of a domain of split DNS or of none. */
export function isNameAsked(seen: Observations, domain: string | undefined): boolean {
  const asked = unresolved(seen);
  return asked !== undefined && (domain === undefined || isUnder(asked.name, domain));
}

/** All names that MagicDNS knows on a node: its own, its peers', and extra records. */
export function knownNames(node: TailscaleObservations): string[] {
  const { status, netmap } = node;
  const peers = status.kind === "seen" ? [status.value.self, ...status.value.peers] : [];
  const extra = netmap.kind === "seen" ? netmap.value.dns.extraRecords : [];
  return [...peers.map((peer) => peer?.dnsName ?? ""), ...extra.map(({ name }) => name)].filter(
    (name) => name !== "",
  );
}

/** The control server's own name where the tailnet's domain covers it, and nobody in the tailnet has it. */
export function coveredControl(node: TailscaleObservations): string | undefined {
  const { prefs, dns } = node;
  const url = prefs.kind === "seen" ? prefs.value.controlUrl : "";
  if (!URL.canParse(url) || dns.kind !== "seen" || !dns.value.isMagic) return undefined;
  const host = new URL(url).hostname;
  return isUnder(host, domainOf(node)) && !knownNames(node).includes(host) ? host : undefined;
}

/** The tailnet's domain as a node knows it; empty where it does not. */
export function domainOf({ dns, status }: TailscaleObservations): string {
  if (dns.kind === "seen" && dns.value.domain !== "") return dns.value.domain;
  return status.kind === "seen" ? status.value.domain : "";
}

/** The domain of split DNS that covers a name, the most specific first, with its servers. */
export function splitDomainOf(
  { dns }: TailscaleObservations,
  name: string,
): { domain: string; servers: string[] } | undefined {
  if (dns.kind !== "seen") return undefined;
  return Object.entries(dns.value.splitDns)
    .filter(([domain, servers]) => servers.length > 0 && isUnder(name, domain))
    .map(([domain, servers]) => ({ domain, servers }))
    .sort((a, b) => b.domain.length - a.domain.length)[0];
}
