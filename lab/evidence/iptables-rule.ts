import { generalMatch, moduleMatches } from "./iptables-matches.ts";
import { nameOf, type Option, partsOf } from "./iptables-words.ts";
import type { FirewallRule } from "./nftables.ts";

/** Of one rule of iptables: which packets it is about, and what becomes of them. */
export type IptablesReading = Pick<
  FirewallRule,
  "matches" | "verdict" | "target" | "to" | "isUntracking"
>;

/**
 * Reads what stands after `-A CHAIN`. A goto is two rules, as the chain that it leads to does not come back.
 * @param chains of the table, as these may be led to
 */
export function readIptablesRule(
  words: string,
  family: "ip" | "ip6",
  chains: ReadonlySet<string>,
): IptablesReading[] {
  const { general, modules, target } = partsOf(words);
  const protocol = general.find(({ name }) => nameOf(name) === "-p")?.values[0] ?? "";
  const matches = [
    ...general.flatMap((option) => generalMatch(option, family)),
    ...modules.flatMap((module) => moduleMatches(module, protocol, family)),
  ];
  const rule = { matches, verdict: undefined, target: undefined, to: undefined };
  if (target === undefined) return [rule];
  if (!chains.has(target.name)) {
    const untracks = isUntracking(target.name, target.options)
      ? { isUntracking: true as const }
      : {};
    return [{ ...rule, ...endOf(target.name, target.options), ...untracks }];
  }
  const jump = { ...rule, verdict: "jump", target: target.name };
  return target.isGoto ? [jump, { ...rule, verdict: "return" }] : [jump];
}

/** Targets that neither end a chain nor lead a packet elsewhere. */
const passing =
  /^(?:LOG|NFLOG|ULOG|MARK|CONNMARK|SECMARK|CONNSECMARK|CT|NOTRACK|TCPMSS|TCPOPTSTRIP|CLASSIFY|TOS|DSCP|ECN|TTL|HL|SET|AUDIT|CHECKSUM|TRACE|RATEEST|IDLETIMER|LED|TEE|HMARK)$/;
const ends: Record<string, string> = {
  ACCEPT: "accept",
  DROP: "drop",
  REJECT: "reject",
  RETURN: "return",
  MASQUERADE: "masquerade",
  SNAT: "snat",
  DNAT: "dnat",
  REDIRECT: "redirect",
  TPROXY: "redirect",
};

/** `-j CT --notrack`, or `-j NOTRACK` before it. */
function isUntracking(target: string, options: readonly Option[]): boolean {
  return (
    target === "NOTRACK" || (target === "CT" && options.some(({ name }) => name === "--notrack"))
  );
}

/** What becomes of a packet; what another program decides about is `queue`. */
function endOf(target: string, options: readonly Option[]): Pick<FirewallRule, "verdict" | "to"> {
  const given = (...names: string[]) =>
    options.find(({ name }) => names.includes(name))?.values[0] ?? "";
  const verdict = ends[target] ?? (passing.test(target) ? undefined : "queue");
  if (verdict === "dnat") return { verdict, to: placeIn(given("--to-destination")) };
  if (verdict !== "redirect") return { verdict, to: undefined };
  const port = /^\d+$/.exec(given("--to-ports", "--on-port"))?.[0];
  return { verdict, to: port === undefined ? undefined : { port: Number(port) } };
}

/** `172.17.0.2:80`, `[fd00::2]:80`, `:80`; of several addresses or ports none. */
const places = [
  /^(\d+(?:\.\d+){3})?(?::(\d+))?$/,
  /^\[([\da-f:]+)\](?::(\d+))?$/i,
  /^([\da-f]*:[\da-f:]+)$/i,
];

function placeIn(value: string): FirewallRule["to"] {
  const [, address, port] = places.map((place) => place.exec(value)).find(Boolean) ?? [];
  if (address === undefined && port === undefined) return undefined;
  return {
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}
