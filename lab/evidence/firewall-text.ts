import type { Dropped } from "./firewall.ts";
import type { FirewallRule } from "./nftables.ts";

/** A rule as nft, or iptables-save, prints it: near enough to be found there. */
export function ruleText(rule: FirewallRule): string {
  if (rule.iptables === undefined) return nftText(rule);
  const { program, table, words } = rule.iptables;
  const { chain, packets } = rule;
  const counter =
    packets === undefined ? "" : ` (${packets} ${packets === 1 ? "packet" : "packets"})`;
  return `${program} -t ${table}: -A ${chain} ${words}${counter}`;
}

/** What it is that drops, in the same words. */
export function droppedText(dropped: Dropped): string {
  if (dropped.kind === "rule") return ruleText(dropped.rule);
  const { family, table, name, iptables } = dropped.chain;
  return iptables === undefined
    ? `table ${family} ${table}, chain ${name}: policy drop`
    : `${iptables.program} -t ${iptables.table}: -P ${name} DROP`;
}

/** The command that prints it, where that is not nft. */
export function printedBy(dropped: Dropped): readonly string[] | undefined {
  const iptables = dropped.kind === "rule" ? dropped.rule.iptables : dropped.chain.iptables;
  return iptables === undefined ? undefined : [`${iptables.program}-save`, "-c"];
}

function nftText({
  family,
  table,
  chain,
  matches,
  verdict,
  target,
  to,
  packets,
}: FirewallRule): string {
  const words = matches.map(({ left, op, right }) =>
    op === "==" || op === "in" || op === "?" ? `${left} ${right}`.trim() : `${left} ${op} ${right}`,
  );
  const counter = packets === undefined ? [] : [`counter packets ${packets}`];
  const { address = "", port } = to ?? {};
  const place = `${address}${port === undefined ? "" : `:${port}`}`;
  const led = place === "" ? (verdict ?? "") : `${verdict} to ${place}`;
  const end = target === undefined ? led : `jump ${target}`;
  return [`table ${family} ${table}, chain ${chain}:`, ...words, ...counter, end].join(" ").trim();
}
