import type { FirewallMatch, FirewallRule } from "./nftables.ts";

/** Of one rule of iptables: which packets it is about, and what becomes of them. */
export type IptablesReading = Pick<FirewallRule, "matches" | "verdict" | "target" | "to">;

/** An option of a rule with its values: `! --dports 80,443`. */
interface Option {
  name: string;
  isNegated: boolean;
  values: string[];
}

/** What a rule consists of, as iptables-save prints it. */
interface RuleParts {
  /** `-s`, `-i`, `-p` and such. */
  general: Option[];
  /** By extension: `-m tcp` with `--dport`. */
  modules: { name: string; options: Option[] }[];
  target: { name: string; isGoto: boolean; options: Option[] } | undefined;
}

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
  if (!chains.has(target.name)) return [{ ...rule, ...endOf(target.name, target.options) }];
  const jump = { ...rule, verdict: "jump", target: target.name };
  return target.isGoto ? [jump, { ...rule, verdict: "return" }] : [jump];
}

const longNames: Record<string, string> = {
  "--source": "-s",
  "--src": "-s",
  "--destination": "-d",
  "--dst": "-d",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--protocol": "-p",
  "--fragment": "-f",
  "--match": "-m",
  "--jump": "-j",
  "--goto": "-g",
  "--source-port": "--sport",
  "--destination-port": "--dport",
  "--source-ports": "--sports",
  "--destination-ports": "--dports",
};

function nameOf(option: string): string {
  return longNames[option] ?? option;
}

/** Names that mean something else than an option of the extension before them. */
const generalNames = ["-s", "-d", "-i", "-o", "-p", "-f", "-4", "-6"];

function partsOf(words: string): RuleParts {
  const parts: RuleParts = { general: [], modules: [], target: undefined };
  for (const option of optionsIn(words)) {
    const name = nameOf(option.name);
    const [value = ""] = option.values;
    if (name === "-m") parts.modules.push({ name: value, options: [] });
    else if (name === "-j" || name === "-g") {
      parts.target = { name: value, isGoto: name === "-g", options: [] };
    } else if (parts.target !== undefined) parts.target.options.push(option);
    else if (generalNames.includes(name)) parts.general.push(option);
    else {
      // Typed by hand, `-p tcp --dport 22` stands for `-p tcp -m tcp --dport 22`.
      const protocol = parts.general.find((each) => nameOf(each.name) === "-p")?.values[0] ?? "";
      if (parts.modules.length === 0) parts.modules.push({ name: protocol, options: [] });
      parts.modules.at(-1)?.options.push(option);
    }
  }
  return parts;
}

/** A word in quotes, in which `\` may stand before any character, or one without. */
const token = /"((?:[^"\\]|\\.)*)"|(\S+)/g;

function optionsIn(words: string): Option[] {
  const options: Option[] = [];
  const tokens = [...words.matchAll(token)];
  const isName = (index: number) => /^-[^\d]/.test(tokens[index]?.[2] ?? "");
  let isNegated = false;
  for (const [index, [, quoted, plain = ""]] of tokens.entries()) {
    const last = options.at(-1);
    if (plain === "!") {
      // Before 1.4.3 it stood between an option and its value.
      if (isName(index + 1) || last === undefined) isNegated = true;
      else last.isNegated = true;
    } else if (isName(index)) {
      options.push({ name: plain, isNegated, values: [] });
      isNegated = false;
    } else last?.values.push(quoted?.replace(/\\(.)/g, "$1") ?? plain);
  }
  return options;
}

function generalMatch({ name, isNegated, values }: Option, family: "ip" | "ip6"): FirewallMatch[] {
  const op = isNegated ? "!=" : "==";
  const [value = ""] = values;
  const address = (field: string) => {
    const right = value.split(",").map(withLength);
    const isRead = right.every((each) => each !== undefined);
    return [{ left: `${family} ${field}`, op: isRead ? op : "?", right: right.join(",") }];
  };
  switch (nameOf(name)) {
    case "-s":
      return address("saddr");
    case "-d":
      return address("daddr");
    case "-i":
      return [{ left: "iifname", op, right: value.replace(/\+$/, "*") }];
    case "-o":
      return [{ left: "oifname", op, right: value.replace(/\+$/, "*") }];
    case "-p":
      return /^(?:all|0)$/.test(value) ? [] : [{ left: "l4proto", op, right: value }];
    case "-f":
      return [{ left: "fragment", op, right: "" }];
    default:
      return [];
  }
}

/** `10.0.0.0/255.0.0.0` as `10.0.0.0/8`; undefined where a mask is none of a prefix. */
function withLength(prefix: string): string | undefined {
  const [address, mask = ""] = prefix.split("/");
  if (!mask.includes(".")) return prefix;
  const bits = mask.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0"));
  const length = /^(1*)0*$/.exec(bits.join(""))?.[1]?.length;
  return length === undefined ? undefined : `${address}/${length}`;
}

/** Extensions of which an option says which packets the rule is about. */
const readModules = [
  "tcp",
  "udp",
  "multiport",
  "conntrack",
  "state",
  "addrtype",
  "iprange",
  "icmp",
  "icmp6",
  "ipv6-icmp",
  "comment",
];

function moduleMatches(
  { name, options }: RuleParts["modules"][number],
  protocol: string,
  family: "ip" | "ip6",
): FirewallMatch[] {
  const unread = [{ left: `-m ${name}`, op: "?", right: "" }];
  if (!readModules.includes(name)) return unread;
  const read = options.map((option) => optionMatch(option, { module: name, protocol, family }));
  return read.includes(undefined) ? unread : read.flatMap((matches) => matches ?? []);
}

/** Undefined where it can't be told which packets it is about. */
function optionMatch(
  { name, isNegated, values }: Option,
  { module, protocol, family }: { module: string; protocol: string; family: "ip" | "ip6" },
): FirewallMatch[] | undefined {
  const op = isNegated ? "!=" : "==";
  const [value = "", second = ""] = values;
  const transport =
    module !== "multiport" ? module : /^(?:tcp|udp)$/.test(protocol) ? protocol : "th";
  const ports = (field: string) => {
    const right = value.replaceAll(":", "-");
    return /^[\d,-]+$/.test(right) ? [{ left: `${transport} ${field}`, op, right }] : undefined;
  };
  switch (nameOf(name)) {
    case "--comment":
      return [];
    case "--dport":
    case "--dports":
      return ports("dport");
    case "--sport":
    case "--sports":
      return ports("sport");
    case "--ctstate":
    case "--state":
      return [{ left: "ct state", op, right: value.toLowerCase() }];
    case "--dst-type":
      return [{ left: "fib daddr type", op, right: value.toLowerCase() }];
    case "--src-range":
      return [{ left: `${family} saddr`, op, right: value }];
    case "--dst-range":
      return [{ left: `${family} daddr`, op, right: value }];
    case "--icmp-type":
      return [{ left: "icmp type", op, right: value }];
    case "--icmpv6-type":
      return [{ left: "icmpv6 type", op, right: value }];
    case "--tcp-flags":
      return [
        { left: `tcp flags of ${flags(value).join(",")}`, op, right: flags(second).join(",") },
      ];
    case "--syn":
      return [{ left: "tcp flags of FIN,SYN,RST,ACK", op, right: "SYN" }];
    default:
      return undefined;
  }
}

const allFlags = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

function flags(value: string): string[] {
  const named = value.split(",");
  return allFlags.filter((flag) => value === "ALL" || named.includes(flag));
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
