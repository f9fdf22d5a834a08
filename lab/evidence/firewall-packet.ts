import { type FirewallMatch, together } from "./nftables.ts";
import { covers, isAddress, isBetween } from "./prefix.ts";

/** A packet of a new connection, or the answer to one, as a machine's firewall sees it. */
export interface FirewallPacket {
  hook: "input" | "forward" | "output";
  /** By which it comes in, or goes out where the hook is `output`; undefined where that is not known. */
  device: string | undefined;
  /** An address; a prefix where it may be any of its addresses. */
  source: string;
  destination: string;
  /** The service's: the packet's destination, or where it is an answer, its source. */
  port: number | undefined;
  protocol: "tcp" | "udp";
  isAnswer: boolean;
  /** A rule has taken it out of connection tracking. */
  isUntracked?: boolean;
}

type Answer = "yes" | "no" | "unknown";

/** Whether tables of a family see the packet. */
export function isOfFamily(family: string, { source }: FirewallPacket): boolean {
  return (
    family === "inet" || family === "netdev" || family === (source.includes(":") ? "ip6" : "ip")
  );
}

/** So deep do chains jump to others. */
export const mostJumps = 16;

/** Whether a rule is about a packet; unknown where that depends on what is not known of it. */
export function matchesAll(matches: readonly FirewallMatch[], packet: FirewallPacket): Answer {
  const answers = matches.map((match) => matches1(match, packet));
  if (answers.includes("no")) return "no";
  return answers.includes("unknown") ? "unknown" : "yes";
}

/** Of values that are asked together: whether one of the right's has them all. */
function matchesTogether({ left, op, right }: FirewallMatch, packet: FirewallPacket): Answer {
  if (op !== "==" && op !== "!=" && op !== "in") return "unknown";
  const lefts = left.split(together);
  const answers = right.split(",").map((value) => {
    const rights = value.split(together);
    return matchesAll(
      lefts.map((each, index) => ({ left: each, op: "==", right: rights[index] ?? "" })),
      packet,
    );
  });
  if (answers.includes("yes")) return op === "!=" ? "no" : "yes";
  if (answers.includes("unknown")) return "unknown";
  return op === "!=" ? "yes" : "no";
}

function matches1(match: FirewallMatch, packet: FirewallPacket): Answer {
  const { left, op, right } = match;
  if (left.includes(together)) return matchesTogether(match, packet);
  const values = right.split(",");
  const is = (test: (value: string) => boolean): Answer => {
    if (op !== "==" && op !== "!=" && op !== "in") return "unknown";
    return values.some(test) === (op !== "!=") ? "yes" : "no";
  };
  const { hook, device, protocol, port, source, destination, isAnswer, isUntracked } = packet;
  const isOut = hook === "output";
  const state = isUntracked === true ? "untracked" : isAnswer ? "established" : "new";
  if (op === "?") return "unknown";
  const interfaceIs = (isAsked: boolean): Answer => {
    // There is none: a packet of the machine's own came in by none.
    if (!isAsked) return isOut ? is(() => false) : "unknown";
    if (device !== undefined) return is((value) => isDevice(value, device));
    // What comes from another machine, or goes there, does not pass it.
    return right === "lo" && source !== destination ? is(() => false) : "unknown";
  };
  const portIs = (isAsked: boolean): Answer => {
    if (left.startsWith(protocol === "tcp" ? "udp" : "tcp")) return "no";
    if (!isAsked || port === undefined) return "unknown";
    return is((value) => isInRange(value, port));
  };
  const addressIs = (asked: string): Answer => {
    if (isAddress(asked)) return is((value) => isOf(value, asked));
    // A name, or one of many addresses: some of the rule's may be all of these.
    const isSure = asked.includes("/") && !values.some((value) => isOfSome(value, asked));
    return isSure ? is((value) => covers(value, asked)) : "unknown";
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
      return addressIs(source);
    case "ip daddr":
    case "ip6 daddr":
      return addressIs(destination);
    case "fib daddr type":
      return hook === "input" ? is((value) => value === "local") : "unknown";
    case "ct state":
      // Whether it was led elsewhere is no state of nft's, and one of iptables'.
      if (/[sd]nat/.test(right) && !values.includes(state)) return "unknown";
      return is((value) => value === state);
    case "fragment":
      return is(() => false);
    default:
      if (left.startsWith("tcp flags of ") && protocol === "tcp") {
        return is(() => flagsOf(left.slice("tcp flags of ".length), isAnswer) === right);
      }
      if (/^(tcp|udp|icmp|icmpv6) /.test(left)) {
        return left.startsWith(`${protocol} `) ? "unknown" : "no";
      }
      return "unknown";
  }
}

/** Those of a packet that opens a connection, or answers it, of which a mask is asked. */
function flagsOf(mask: string, isAnswer: boolean): string {
  const set = isAnswer ? ["SYN", "ACK"] : ["SYN"];
  return mask
    .split(",")
    .filter((flag) => set.includes(flag))
    .join(",");
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

/** Whether it says something of some addresses of a prefix, and not of all. */
function isOfSome(value: string, prefix: string): boolean {
  return value.includes("-") || (covers(prefix, value) && !covers(value, prefix));
}

function isInRange(range: string, port: number): boolean {
  const [first = "", last = first] = range.split("-");
  return Number(first) <= port && port <= Number(last);
}
