import { nameOf, type Option, type RuleParts } from "./iptables-words.ts";
import type { FirewallMatch } from "./nftables.ts";

/** What an option of iptables itself says of the packets. */
export function generalMatch(
  { name, isNegated, values }: Option,
  family: "ip" | "ip6",
): FirewallMatch[] {
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

/** What an extension with its options says of them. */
export function moduleMatches(
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
