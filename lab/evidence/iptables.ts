import { type Failure, type Named, outputOf, type Section } from "./iptables-output.ts";
import { readIptablesRule } from "./iptables-rule.ts";
import type { FirewallChain, FirewallRule } from "./nftables.ts";

/** What iptables-save prints of one table: `*filter` to `COMMIT`. */
export interface IptablesTable {
  family: "ip" | "ip6";
  table: string;
  /** What its rules are changed with: `iptables`, `ip6tables-legacy`. */
  program: string;
  /** Whether nft sees it too; undefined where the program does not say which of the two it is. */
  isLegacy: boolean | undefined;
  chains: FirewallChain[];
  rules: FirewallRule[];
}

/** `iptables-save`, of one family or both, of one program or several, one after another. */
export interface IptablesDump {
  tables: IptablesTable[];
  /** What could not be had, and of which command. */
  unseen: Failure[];
  /** Tables with rules that nft made and iptables can't print: `ip filter`. */
  ofNft: string[];
}

/** @throws Error where a table is cut off, or has a line that is not iptables-save's */
export function parseIptables(text: string): IptablesDump {
  const { sections, failures, ofNft, named } = outputOf(text);
  const tables: IptablesTable[] = [];
  for (const section of sections) {
    const read = readTable(section, tables);
    const isTwice = tables.some((other) => isSameTable(other, read));
    if (!isTwice) tables.push(read);
  }
  return { tables, ofNft, unseen: [...failures, ...unprinted(named, tables)] };
}

function isSameTable(a: IptablesTable, b: IptablesTable): boolean {
  return a.family === b.family && a.table === b.table && a.isLegacy === b.isLegacy;
}

function readTable({ table, lines, by }: Section, before: readonly IptablesTable[]): IptablesTable {
  const family = by.family ?? familyOf(lines, table, before);
  const general = family === "ip" ? "iptables" : "ip6tables";
  const isBeside = by.isLegacy === true && before.some((other) => other.isLegacy === false);
  const program =
    by.program === undefined || (by.program === general && isBeside)
      ? `${general}${isBeside ? "-legacy" : ""}`
      : by.program;
  const read: IptablesTable = {
    family,
    table,
    program,
    isLegacy: by.isLegacy,
    chains: [],
    rules: [],
  };
  const names = new Set(lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []));
  for (const line of lines) {
    const [, chain, policy = "-"] = /^:(\S+) (\S+)/.exec(line) ?? [];
    const [, packets, of, words = ""] = /^(?:\[(\d+):\d+\] )?-A (\S+)(?: (.*))?$/.exec(line) ?? [];
    if (chain !== undefined) read.chains.push(chainOf(read, chain, policy));
    else if (of === undefined) throw new Error(`no line of iptables-save: ${line}`);
    else {
      const rule = {
        family,
        table,
        chain: of,
        handle: undefined,
        packets: packets === undefined ? undefined : Number(packets),
        iptables: { program, table, words },
      };
      read.rules.push(
        ...readIptablesRule(words, family, names).map((each) => ({ ...rule, ...each })),
      );
    }
  }
  return read;
}

/** Of a program that does not say it: by its addresses, or as the second one of its name. */
function familyOf(
  lines: readonly string[],
  table: string,
  before: readonly IptablesTable[],
): "ip" | "ip6" {
  const isOfIpv6 = lines.some((line) => / (?:-[sd]|--to-\w+) \S*:\S*:|ipv6-icmp/.test(line));
  const isSecond = before.some((other) => other.table === table && other.family === "ip");
  return isOfIpv6 || isSecond ? "ip6" : "ip";
}

const hooks = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
const priorities: Record<string, number> = { raw: -300, mangle: -150, filter: 0, security: 50 };

function chainOf(
  { family, table, program }: IptablesTable,
  name: string,
  policy: string,
): FirewallChain {
  const isBase = hooks.includes(name);
  const ofNat = /^(?:PREROUTING|OUTPUT)$/.test(name) ? -100 : 100;
  return {
    family,
    table,
    name,
    type: isBase ? (table === "nat" ? "nat" : "filter") : undefined,
    hook: isBase ? name.toLowerCase() : undefined,
    priority: isBase ? (priorities[table] ?? ofNat) : 0,
    policy: isBase && policy !== "-" ? policy.toLowerCase() : undefined,
    iptables: { program, table },
  };
}

/** Tables of iptables-legacy of which none of the programs has printed anything. */
function unprinted(named: readonly Named[], tables: readonly IptablesTable[]): Failure[] {
  const told = named.filter(({ family, tables: names }) => {
    const printed = tables.filter((each) => each.family === family && each.isLegacy === true);
    if (names.length === 0) return printed.length === 0;
    return names.some((name) => !printed.some(({ table }) => table === name));
  });
  return [...Map.groupBy(told, ({ family }) => family)].map(([family, all]) => {
    const names = all.flatMap((each) => each.tables).join(", ");
    return {
      command: `${family === "ip" ? "iptables" : "ip6tables"}-legacy-save -c`,
      why: `there are tables of iptables-legacy${names === "" ? "" : ` (${names})`}, which nft does not show and no program here has printed`,
      isNft: false,
    };
  });
}
