import { mayMasquerade } from "../../evidence/masquerade.ts";
import { gapOf } from "../../evidence/observation.ts";
import type { HostObservations, TailscaleObservations } from "../../evidence/observations.ts";
import { covers, isDefault, isPrivate, isTailnetAddress, lengthOf } from "../../evidence/prefix.ts";
import { machineOf, ownPrefixes } from "../../evidence/where.ts";
import { isHeard, receiverOf, sourceOf } from "../asked.ts";
import { type Check, type Look, seen, seenLine } from "../check.ts";
import type { Seen } from "../finding.ts";
import { lostAt, unrepliedAt } from "../lost.ts";

/** TL107: the router reaches the target, does not masquerade, and the target does not know the way back to the tailnet. */
export const noReturnRoute: Check = {
  finds: ["TL107"],
  step: "way-back",
  explainedBy: ["TL106", "TL118"],
  run(look) {
    const { observations, read, found } = look;
    const { attempts } = observations;
    if (attempts === undefined) return lookAtAll(look);
    if (attempts.address === null || isTailnetAddress(attempts.address) || isHeard(attempts))
      return;
    const { address, target, question, fromRouter } = attempts;
    const router = receiverOf(observations);
    if (router === undefined || router.machine.name === target) return;
    read(router.prefs);
    const source = sourceOf(observations, question.from, address);
    const unreplied = unrepliedAt(observations);
    if (unreplied?.isMasqueraded === true && !ownHas(router, unreplied.answeredTo)) {
      tellForeign(look, router, unreplied);
      return;
    }
    const bare = unmasked(router, source, address);
    if (bare === undefined) return;
    const near = read(fromRouter?.connect) ?? undefined;
    const nearPing = read(fromRouter?.icmp)?.received ?? 0;
    const isNear = near === "connected" || near === "refused" || nearPing > 0;
    // In a capture nobody can try: there the target's own routes tell.
    const isUntried = !observations.isLive && fromRouter?.icmp?.kind !== "seen";
    const lost = lostAt(observations);
    // The kernel's own word of what it has done goes before what its rules say.
    if (unreplied?.isMasqueraded === true) return;
    const isAstray = lost?.last === "answer-sent" && lost.next === "answer-in-lan";
    if (!isNear && !isUntried && !isAstray) return;
    const host = target === null ? undefined : machineOf(observations, target);
    const way =
      host?.routes.kind === "seen" && source !== undefined
        ? host.routes.value
            .filter(({ table, prefix }) => table === "main" && covers(prefix, source))
            .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix))[0]
        : undefined;
    const { name } = router.machine;
    const inLan =
      ownPrefixes(router).find(({ prefix }) => covers(prefix, address))?.address ??
      `ADDRESS-OF-${name.toUpperCase()}-THERE`;
    const isByRouter = ownHas(router, way?.gateway);
    if (way !== undefined && isByRouter) return;
    if (!isNear && !isAstray && way === undefined) return;
    found({
      code: "TL107",
      node: name,
      involves: [question.from, target ?? address],
      what: `${name} does not masquerade, and ${target ?? address} does not answer to ${source ?? "the tailnet"}`,
      seen: [
        bare.seen,
        ...(fromRouter?.icmp === undefined || nearPing === 0
          ? []
          : [seen(fromRouter.icmp, `${nearPing} received`)]),
        ...(host === undefined || way === undefined
          ? []
          : [seen(host.routes, `to ${source} via ${way.gateway ?? way.device}`)]),
        ...(unreplied === undefined ? [] : [unreplied.seen]),
        ...(lost?.next === "answer-in-lan" ? lost.seen : []),
      ],
      why: `${bare.why}it hands packets on with addresses of the tailnet, and whoever gets them needs a route to 100.64.0.0/10 by way of it: the answers go to the gateway instead`,
      fix: [
        `on ${name}: ${bare.fix}`,
        ...(isPrivate(address)
          ? [`on ${target ?? address}, else: ip route add 100.64.0.0/10 via ${inLan}`]
          : []),
      ],
      explains: [`${question.from} gets no answer of ${target ?? address}`],
    });
  },
};

/** What it hands on has a source that is none of its own. */
function tellForeign(
  { observations: { attempts }, found, read }: Look,
  router: TailscaleObservations,
  { answeredTo, seen: tracked }: { answeredTo: string; seen: Seen },
): void {
  if (attempts == null || read(router.addresses) === undefined) return;
  const { question, target, address } = attempts;
  const { name } = router.machine;
  const own = ownPrefixes(router).map(({ prefix, device }) => `${prefix} dev ${device}`);
  found({
    code: "TL107",
    node: name,
    involves: [question.from, target ?? address ?? ""],
    what: `${name} gives what it hands on the source ${answeredTo}, which is none of its addresses`,
    seen: [tracked, seen(router.addresses, own.join(", ") || "no address")],
    why: "a rule of its firewall translates to an address that is no longer its own, or never was: the answers go to whoever has it",
    fix: [
      `on ${name}: let the rule that translates to ${answeredTo} masquerade, or take it away`,
      `on ${name}: nft -a list ruleset; iptables-save -t nat`,
    ],
    explains: [`${question.from} gets no answer of ${target ?? address}`],
  });
}

/** Without a question it is told only where tailscaled should have its rules, and none is there. */
function lookAtAll({ observations, found }: Look): void {
  for (const router of observations.tailscale.values()) {
    const { machine, prefs, status, firewall } = router;
    if (!observations.isLive || prefs.kind !== "seen" || firewall.kind !== "seen") continue;
    if (status.kind !== "seen" || status.value.backendState !== "Running" || !status.value.tun)
      continue;
    const { advertisedRoutes, masquerades, netfilterMode } = prefs.value;
    const [route] = advertisedRoutes.filter((each) => each.includes("."));
    if (route === undefined || !masquerades || netfilterMode !== 2) continue;
    if (firewall.value.chains.some(({ name }) => name.startsWith("ts-"))) continue;
    const { name } = machine;
    const bare = unmasked(
      router,
      undefined,
      isDefault(route) ? "9.9.9.9" : (route.split("/")[0] ?? ""),
    );
    if (bare === undefined) continue;
    found({
      code: "TL107",
      node: name,
      what: `${name} advertises ${advertisedRoutes.join(", ")}, and does not masquerade`,
      seen: [bare.seen],
      why: `${bare.why}it hands packets on with addresses of the tailnet, to which nobody behind it knows the way back`,
      fix: [`on ${name}: ${bare.fix}`],
      explains: [`who is behind ${name} does not answer`],
    });
  }
}

/** What says that a router hands packets on with their tailnet addresses; undefined where nothing does. */
function unmasked(
  { prefs, firewall, status }: TailscaleObservations,
  source: string | undefined,
  destination: string,
): { seen: Seen; why: string; fix: string } | undefined {
  if (prefs.kind !== "seen") return undefined;
  // Stopped, tailscaled has taken its rules away itself.
  if (status.kind === "seen" && status.value.backendState !== "Running") return undefined;
  const { masquerades, netfilterMode } = prefs.value;
  if (!masquerades) {
    return {
      seen: seenLine(prefs, /"NoSNAT"/, '"NoSNAT": true'),
      why: "",
      fix: "tailscale set --snat-subnet-routes=true",
    };
  }
  const packet = {
    hook: "forward",
    device: "tailscale0",
    source: source ?? "100.64.255.254",
    destination,
    port: undefined,
    protocol: "tcp",
    isAnswer: false,
  } as const;
  if (firewall.kind !== "seen" || mayMasquerade(firewall.value, packet)) return undefined;
  // It may be in what could not be looked at: iptables-legacy, which nft does not show.
  if (gapOf(firewall) !== undefined) return undefined;
  if (netfilterMode !== 2) {
    return {
      seen: seenLine(prefs, /"NetfilterMode"/, `"NetfilterMode": ${netfilterMode}`),
      why: "tailscaled is told to put no rules into the firewall (--netfilter-mode), and nothing else there masquerades: ",
      fix: "tailscale set --netfilter-mode=on",
    };
  }
  return {
    seen: seen(firewall, "no rule masquerades what comes out of the tunnel"),
    why: "tailscaled's own rules are gone, as when somebody flushes the firewall, or its program loads its rules anew: ",
    fix: "systemctl restart tailscaled",
  };
}

function ownHas(
  { addresses }: { addresses: HostObservations["addresses"] },
  gateway: string | undefined,
): boolean {
  return (
    addresses.kind === "seen" &&
    addresses.value.some((each) => each.addresses.some(({ address }) => address === gateway))
  );
}
