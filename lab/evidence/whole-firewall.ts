import type { Evidence, Missing } from "./evidence.ts";
import { type IptablesDump, type IptablesTable, parseIptables } from "./iptables.ts";
import { type FirewallRule, type FirewallRules, parseRuleset } from "./nftables.ts";
import { type Observation, observe, type Unseen } from "./observation.ts";

/**
 * What a machine filters by: the rules that nft shows, and those of iptables. A chain that both show is taken as
 * iptables prints it, as nft can't put all of its rules into words.
 */
export function wholeFirewall(
  nft: Evidence | Missing,
  iptables: Evidence | Missing,
): Observation<FirewallRules> {
  const ofNft = observe(nft, ({ stdout }) => parseRuleset(stdout));
  const ofIptables = observe(iptables, ({ stdout }) => parseIptables(stdout));
  const unseen = unseenOf(ofNft, ofIptables);
  if (ofNft.kind === "seen") {
    const value = ofIptables.kind === "seen" ? merged(ofNft.value, ofIptables.value) : ofNft.value;
    return { ...ofNft, value, ...(unseen.length === 0 ? {} : { unseen }) };
  }
  // Without a program and without rules it prints the same, which says nothing of the rules that nft knows.
  if (ofIptables.kind === "unseen" || ofIptables.value.tables.length === 0) return ofNft;
  const value = merged({ chains: [], rules: [] }, ofIptables.value);
  const evidence = { ...ofIptables.evidence, argv: saveCommand };
  return { ...ofIptables, evidence, value, ...(unseen.length === 0 ? {} : { unseen }) };
}

const saveCommand = ["iptables-save", "-c"];

function unseenOf(nft: Observation<FirewallRules>, iptables: Observation<IptablesDump>): Unseen[] {
  if (iptables.kind === "unseen") return [{ ...iptables, argv: saveCommand }];
  const { value, evidence } = iptables;
  const { node } = evidence;
  const parts = value.unseen
    .filter(({ isNft }) => !isNft || nft.kind === "unseen" || nft.value.rules.some(isOpaque))
    .map(({ command, why }): Unseen => ({ kind: "unseen", node, argv: command.split(" "), why }));
  const isNeeded = value.ofNft.length > 0 || !isNotInstalled(nft);
  return nft.kind === "unseen" && isNeeded ? [nft, ...parts] : parts;
}

/** A rule of iptables that nft can't put into words. */
function isOpaque({ matches }: FirewallRule): boolean {
  return matches.some(({ left, op }) => left === "xt" && op === "?");
}

/** Where nobody has installed nft, all rules are likely those of iptables. */
function isNotInstalled(nft: Observation<FirewallRules>): boolean {
  if (nft.kind === "seen") return false;
  return nft.evidence?.exitCode === 127 || /command not found|: not found/.test(nft.why);
}

function merged(nft: FirewallRules, { tables }: IptablesDump): FirewallRules {
  const own = tables.map((table) => ({ ...table, isLegacy: table.isLegacy ?? !isIn(nft, table) }));
  const replaced = new Set(
    own
      .filter(({ isLegacy }) => !isLegacy)
      .flatMap(({ chains }) =>
        chains.map(({ family, table, name }) => `${family} ${table} ${name}`),
      ),
  );
  const isLeft = ({ family, table }: { family: string; table: string }, chain: string) =>
    !replaced.has(`${family} ${table} ${chain}`);
  return {
    chains: [
      ...nft.chains.filter((chain) => isLeft(chain, chain.name)),
      ...own.flatMap((table) => table.chains.map((chain) => inItsTable(chain, table))),
    ],
    rules: [
      ...nft.rules.filter((rule) => isLeft(rule, rule.chain)),
      ...own.flatMap((table) => table.rules.map((rule) => inItsTable(rule, table))),
    ],
  };
}

/** Whether nft shows a table, with all chains that iptables has not by itself. */
function isIn(nft: FirewallRules, { family, table, chains }: IptablesTable): boolean {
  const shown = nft.chains.filter((chain) => chain.family === family && chain.table === table);
  return (
    shown.length > 0 &&
    chains
      .filter(({ hook }) => hook === undefined)
      .every(({ name }) => shown.some((chain) => chain.name === name))
  );
}

/** One of iptables-legacy has the name of one of nft's, and nothing to do with it. */
function inItsTable<Part extends { table: string }>(part: Part, { isLegacy }: IptablesTable): Part {
  return isLegacy === true ? { ...part, table: `${part.table} of iptables-legacy` } : part;
}
