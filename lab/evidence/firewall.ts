import {
  type FirewallChain,
  type FirewallMatch,
  type FirewallRule,
  type FirewallRules,
  ruleText,
} from "./nftables.ts";
import { covers, isAddress, isBetween } from "./prefix.ts";

/** A packet of a new connection, or the answer to one, as a machine's firewall sees it. */
export interface FirewallPacket {
  hook: "input" | "forward" | "output";
  /** By which it comes in, or goes out where the hook is `output`; undefined where that is not known. */
  device: string | undefined;
  source: string;
  destination: string;
  /** The service's: the packet's destination, or where it is an answer, its source. */
  port: number | undefined;
  protocol: "tcp" | "udp";
  isAnswer: boolean;
}

const hooksOf = {
  input: ["ingress", "prerouting", "input"],
  forward: ["ingress", "prerouting", "forward"],
  output: ["output", "postrouting", "egress"],
} as const satisfies Record<FirewallPacket["hook"], readonly string[]>;

function hasHook({ hook }: Pick<FirewallChain, "hook">, packet: FirewallPacket): boolean {
  return hooksOf[packet.hook].some((each) => each === hook);
}

export type Dropped =
  | { kind: "rule"; rule: FirewallRule }
  | { kind: "policy"; chain: FirewallChain };

type Answer = "yes" | "no" | "unknown";
type Verdict =
  | { kind: "accept" }
  | { kind: "drop"; by: Dropped }
  | { kind: "goes-on" }
  | { kind: "unknown" };

/** What is sure to drop the packet: a drop in one base chain is final, an accept is of that chain alone. */
export function droppedBy(rules: FirewallRules, packet: FirewallPacket): Dropped | undefined {
  const chains = rules.chains
    .filter((chain) => hasHook(chain, packet) && isOfFamily(chain.family, packet))
    .sort((a, b) => a.priority - b.priority);
  for (const chain of chains) {
    const verdict = walk(rules, chain, packet, 0);
    if (verdict.kind === "drop") return verdict.by;
    if (verdict.kind === "goes-on" && chain.policy === "drop") return { kind: "policy", chain };
  }
  return undefined;
}

/** What it is that drops, near enough to be found in `nft list ruleset`. */
export function droppedText(dropped: Dropped): string {
  if (dropped.kind === "rule") return ruleText(dropped.rule);
  const { family, table, name } = dropped.chain;
  return `table ${family} ${table}, chain ${name}: policy drop`;
}

function isOfFamily(family: string, { source }: FirewallPacket): boolean {
  return (
    family === "inet" || family === "netdev" || family === (source.includes(":") ? "ip6" : "ip")
  );
}

/** So deep do chains jump to others. */
const mostJumps = 16;

function walk(
  rules: FirewallRules,
  { family, table, name }: Pick<FirewallChain, "family" | "table" | "name">,
  packet: FirewallPacket,
  depth: number,
): Verdict {
  let isSure = true;
  const own = rules.rules.filter(
    (rule) => rule.family === family && rule.table === table && rule.chain === name,
  );
  for (const rule of own) {
    const answer = matchesAll(rule.matches, packet);
    if (answer === "no") continue;
    const isSureHere = answer === "yes";
    switch (rule.verdict) {
      case "drop":
      case "reject":
        if (isSureHere && isSure) return { kind: "drop", by: { kind: "rule", rule } };
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
      case "jump": {
        if (rule.target === undefined || depth >= mostJumps) break;
        const inner = walk(rules, { family, table, name: rule.target }, packet, depth + 1);
        if (isSureHere && isSure && (inner.kind === "drop" || inner.kind === "accept"))
          return inner;
        if (inner.kind !== "goes-on") isSure = false;
        break;
      }
      default:
        break;
    }
  }
  return isSure ? { kind: "goes-on" } : { kind: "unknown" };
}

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
  const isIn = (
    { family, table, name }: Pick<FirewallChain, "family" | "table" | "name">,
    depth: number,
  ): boolean =>
    rules.rules
      .filter((rule) => rule.family === family && rule.table === table && rule.chain === name)
      .filter(({ matches }) => matchesAll(matches, packet) !== "no")
      .some((rule) => {
        if (isSuch(rule)) return true;
        if (rule.target === undefined || depth >= mostJumps) return false;
        return isIn({ family, table, name: rule.target }, depth + 1);
      });
  return rules.chains.some(
    (chain) => chain.hook === hook && isOfFamily(chain.family, packet) && isIn(chain, 0),
  );
}

function matchesAll(matches: readonly FirewallMatch[], packet: FirewallPacket): Answer {
  const answers = matches.map((match) => matches1(match, packet));
  if (answers.includes("no")) return "no";
  return answers.includes("unknown") ? "unknown" : "yes";
}

function matches1({ left, op, right }: FirewallMatch, packet: FirewallPacket): Answer {
  const values = right.split(",");
  const is = (test: (value: string) => boolean): Answer => {
    if (op !== "==" && op !== "!=" && op !== "in") return "unknown";
    return values.some(test) === (op !== "!=") ? "yes" : "no";
  };
  const { hook, device, protocol, port, source, destination, isAnswer } = packet;
  const isOut = hook === "output";
  if (op === "?") return "unknown";
  const interfaceIs = (isAsked: boolean): Answer => {
    // There is none: a packet of the machine's own came in by none.
    if (!isAsked) return isOut ? is(() => false) : "unknown";
    return device === undefined ? "unknown" : is((value) => isDevice(value, device));
  };
  const portIs = (isAsked: boolean): Answer => {
    if (left.startsWith(protocol === "tcp" ? "udp" : "tcp")) return "no";
    if (!isAsked || port === undefined) return "unknown";
    return is((value) => isInRange(value, port));
  };
  switch (left) {
    case "iifname":
    case "iif":
      return interfaceIs(!isOut);
    case "oifname":
    case "oif":
      return isOut ? interfaceIs(true) : "unknown";
    case "l4proto":
    case "ip protocol":
    case "ip6 nexthdr":
      return is((value) => value === protocol || value === (protocol === "tcp" ? "6" : "17"));
    case "nfproto":
      return is((value) => value === (source.includes(":") ? "ipv6" : "ipv4"));
    case "tcp dport":
    case "udp dport":
    case "th dport":
      return portIs(!isAnswer);
    case "tcp sport":
    case "udp sport":
    case "th sport":
      return portIs(isAnswer);
    case "ip saddr":
    case "ip6 saddr":
      return is((value) => isOf(value, source));
    case "ip daddr":
    case "ip6 daddr":
      return isAddress(destination) ? is((value) => isOf(value, destination)) : "unknown";
    case "ct state":
      return is((value) => value === (isAnswer ? "established" : "new"));
    default:
      if (/^(tcp|udp|icmp|icmpv6) /.test(left)) {
        return left.startsWith(`${protocol} `) ? "unknown" : "no";
      }
      return "unknown";
  }
}

function isDevice(pattern: string, device: string): boolean {
  return pattern.endsWith("*") ? device.startsWith(pattern.slice(0, -1)) : pattern === device;
}

/** Of an address, a prefix, or a range: `10.0.0.1-10.0.0.9`. */
function isOf(value: string, address: string): boolean {
  const [first, last] = value.split("-");
  if (first === undefined || last === undefined) return covers(value, address);
  return isBetween(first, address, last);
}

function isInRange(range: string, port: number): boolean {
  const [first = "", last = first] = range.split("-");
  return Number(first) <= port && port <= Number(last);
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
