import { commandLine } from "../evidence/commands.ts";
import type { Dropped } from "../evidence/firewall.ts";
import { droppedText, printedBy } from "../evidence/firewall-text.ts";
import type { Observation } from "../evidence/observation.ts";
import { seen } from "./check.ts";
import type { Seen } from "./finding.ts";

/** A rule or a policy as evidence, with the command that prints it. */
export function seenRule(firewall: Observation<unknown>, dropped: Dropped): Seen {
  const line = seen(firewall, droppedText(dropped));
  const argv = printedBy(dropped);
  return argv === undefined ? line : { ...line, command: commandLine(argv) };
}

/** The command that lists the rule with those around it. */
export function listing(dropped: Dropped): string {
  const iptables = ofIptables(dropped);
  if (iptables === undefined) return "nft -a list ruleset";
  return `${command(iptables)} -S ${chainOf(dropped)}`;
}

/** The command that takes the rule away, or by which it is found; then what else would do. */
export function withoutRule(dropped: Dropped, otherwise: string): string {
  const iptables = ofIptables(dropped);
  if (dropped.kind === "policy")
    return `${listing(dropped)}: the policy of the chain drops the rest; ${otherwise}`;
  if (iptables === undefined) return `nft -a list ruleset, and take that rule away or ${otherwise}`;
  const words = dropped.rule.iptables?.words ?? "";
  return `${command(iptables)} -D ${chainOf(dropped)} ${words}, or ${otherwise}`;
}

function ofIptables(dropped: Dropped) {
  return dropped.kind === "rule" ? dropped.rule.iptables : dropped.chain.iptables;
}

function chainOf(dropped: Dropped): string {
  return dropped.kind === "rule" ? dropped.rule.chain : dropped.chain.name;
}

/** `filter` is the table of who names none. */
function command({ program, table }: { program: string; table: string }): string {
  return table === "filter" ? program : `${program} -t ${table}`;
}
