import { type FirewallPacket, isOfFamily, matchesAll, mostJumps } from "./firewall-packet.ts";
import {
  type ChainPlace,
  type FirewallChain,
  type FirewallRule,
  type FirewallRules,
  rulesIn,
} from "./nftables.ts";

const hooksOf = {
  input: ["ingress", "prerouting", "input"],
  forward: ["ingress", "prerouting", "forward"],
  output: ["output", "postrouting", "egress"],
} as const satisfies Record<FirewallPacket["hook"], readonly string[]>;

function hasHook({ hook }: Pick<FirewallChain, "hook">, packet: FirewallPacket): boolean {
  return hooksOf[packet.hook].some((each) => each === hook);
}

function hookOrder({ hook }: FirewallChain, packet: FirewallPacket): number {
  return (hooksOf[packet.hook] as readonly (string | undefined)[]).indexOf(hook);
}

export type Dropped =
  | { kind: "rule"; rule: FirewallRule }
  | { kind: "policy"; chain: FirewallChain };

type Verdict =
  | { kind: "accept" }
  | { kind: "drop"; by: Dropped }
  | { kind: "led"; by: FirewallRule }
  | { kind: "goes-on" }
  | { kind: "unknown" };

/** What is sure to drop the packet: a drop in one base chain is final, an accept is of that chain alone. */
export function droppedBy(rules: FirewallRules, sent: FirewallPacket): Dropped | undefined {
  let packet = { ...sent, isUntracked: isUntracked(rules, sent) };
  for (const chain of chainsOf(rules, packet)) {
    const verdict = walk(rules, chain, packet, 0);
    if (verdict.kind === "led") {
      const { address, port = packet.port } = verdict.by.to ?? {};
      // Where it goes to another machine it meets other chains.
      if (verdict.by.to === undefined || address !== undefined) return undefined;
      packet = { ...packet, port };
    }
    if (verdict.kind === "drop") return verdict.by;
    if (verdict.kind === "goes-on" && chain.policy === "drop") return { kind: "policy", chain };
  }
  return undefined;
}

/** Chains before this see the packet before the kernel tracks its connection. */
const trackingPriority = -200;

/** Whether a rule is sure to take the packet out of connection tracking. */
function isUntracked(rules: FirewallRules, packet: FirewallPacket): boolean {
  return chainsOf(rules, packet)
    .filter(({ priority }) => priority < trackingPriority)
    .flatMap((chain) => rulesIn(rules, chain))
    .some((rule) => rule.isUntracking === true && matchesAll(rule.matches, packet) === "yes");
}

/** The rule that is sure to lead a packet that comes in to another port or machine than it was sent to. */
export function ledBy(rules: FirewallRules, packet: FirewallPacket): FirewallRule | undefined {
  for (const chain of chainsOf(rules, packet)) {
    if (chain.type !== "nat" || chain.hook !== "prerouting") continue;
    const verdict = walk(rules, chain, packet, 0);
    if (verdict.kind === "led") return verdict.by;
  }
  return undefined;
}

/** Base chains that see the packet, in the order in which they do. */
function chainsOf(rules: FirewallRules, packet: FirewallPacket): FirewallChain[] {
  return (
    rules.chains
      .filter((chain) => hasHook(chain, packet) && isOfFamily(chain.family, packet))
      // Of a connection it sees the first packet alone.
      .filter(({ type }) => type !== "nat" || !packet.isAnswer)
      .sort((a, b) => hookOrder(a, packet) - hookOrder(b, packet) || a.priority - b.priority)
  );
}

function walk(
  rules: FirewallRules,
  chain: ChainPlace,
  packet: FirewallPacket,
  depth: number,
  doubts: FirewallRule[] = [],
): Verdict {
  let isSure = true;
  for (const rule of rulesIn(rules, chain)) {
    const answer = matchesAll(rule.matches, packet);
    if (answer === "no") continue;
    const isSureHere = answer === "yes";
    switch (rule.verdict) {
      case "drop":
      case "reject":
        if (isSureHere && isSure) return { kind: "drop", by: { kind: "rule", rule } };
        doubts.push(rule);
        isSure = false;
        break;
      case "accept":
        if (isSureHere) return isSure ? { kind: "accept" } : { kind: "unknown" };
        isSure = false;
        break;
      case "return":
        if (isSureHere) return isSure ? { kind: "goes-on" } : { kind: "unknown" };
        isSure = false;
        break;
      case "dnat":
      case "redirect":
        if (isSureHere && isSure) return { kind: "led", by: rule };
        isSure = false;
        break;
      case "queue":
        isSure = false;
        break;
      case "jump": {
        if (rule.target === undefined || depth >= mostJumps) break;
        const inner = walk(rules, { ...chain, name: rule.target }, packet, depth + 1, doubts);
        if (isSureHere && isSure && inner.kind !== "goes-on" && inner.kind !== "unknown")
          return inner;
        if (inner.kind === "drop" && inner.by.kind === "rule") doubts.push(inner.by.rule);
        if (inner.kind !== "goes-on") isSure = false;
        break;
      }
      default:
        break;
    }
  }
  return isSure ? { kind: "goes-on" } : { kind: "unknown" };
}

/**
 * A rule that the packet comes to, that drops some packets, and of which nothing tells whether this is one: it counts
 * none, or what it counts was not seen again. Else a chain's policy, where nothing tells whether a rule accepts the
 * packet before. Who was refused was refused by no drop.
 */
export function mayBeDroppedBy(
  before: FirewallRules,
  after: FirewallRules | undefined,
  packet: FirewallPacket,
  { isRefused = false }: { isRefused?: boolean } = {},
): Dropped | undefined {
  const doubts: FirewallRule[] = [];
  const unsure = chainsOf(before, packet).filter(
    (chain) => walk(before, chain, packet, 0, doubts).kind === "unknown",
  );
  const rule = doubts.find(
    (each) =>
      !each.chain.startsWith("ts-") &&
      (each.packets === undefined || after === undefined) &&
      (!isRefused || each.verdict === "reject"),
  );
  if (rule !== undefined) return { kind: "rule", rule };
  if (isRefused) return undefined;
  const chain = unsure.find(({ policy }) => policy === "drop");
  return chain === undefined ? undefined : { kind: "policy", chain };
}

/** A rule that drops, that may be about the packet, and whose counter has grown while it was sent. */
export function grownDrops(
  before: FirewallRules,
  after: FirewallRules,
  packet: FirewallPacket,
): Dropped | undefined {
  const based = new Set(
    after.chains
      .filter((chain) => hasHook(chain, packet) && isOfFamily(chain.family, packet))
      .map(({ table }) => table),
  );
  const grown = after.rules.find((rule, index) => {
    const old = before.rules[index];
    const isSame = old !== undefined && old.chain === rule.chain && old.table === rule.table;
    return (
      isSame &&
      based.has(rule.table) &&
      (rule.verdict === "drop" || rule.verdict === "reject") &&
      // Tailscale's own protection against forged addresses has a code of its own.
      !rule.chain.startsWith("ts-") &&
      (rule.packets ?? 0) > (old.packets ?? 0) &&
      matchesAll(rule.matches, packet) !== "no"
    );
  });
  return grown === undefined ? undefined : { kind: "rule", rule: grown };
}
