import { type FirewallPacket, isOfFamily, matchesAll, mostJumps } from "./firewall-packet.ts";
import { type ChainPlace, type FirewallRule, type FirewallRules, rulesIn } from "./nftables.ts";

/** Whether a rule may give a packet that the machine forwards another source: then its answer comes back here. */
export function mayMasquerade(rules: FirewallRules, packet: FirewallPacket): boolean {
  // Tailscale's own rule is for what another of its rules has marked.
  const isMarked = meets(rules, "forward", packet, ({ chain }) => chain === "ts-forward");
  return meets(
    rules,
    "postrouting",
    packet,
    ({ verdict, chain }) =>
      (verdict === "masquerade" || verdict === "snat") && (isMarked || !chain.startsWith("ts-")),
  );
}

/** Whether a packet may meet such a rule in the chains of a hook, or in those that they jump to. */
function meets(
  rules: FirewallRules,
  hook: string,
  packet: FirewallPacket,
  isSuch: (rule: FirewallRule) => boolean,
): boolean {
  const isIn = (chain: ChainPlace, depth: number): boolean =>
    rulesIn(rules, chain)
      .filter(({ matches }) => matchesAll(matches, packet) !== "no")
      .some((rule) => {
        if (isSuch(rule)) return true;
        if (rule.target === undefined || depth >= mostJumps) return false;
        return isIn({ ...chain, name: rule.target }, depth + 1);
      });
  return rules.chains.some(
    (chain) => chain.hook === hook && isOfFamily(chain.family, packet) && isIn(chain, 0),
  );
}
