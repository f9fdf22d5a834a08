import { commandLine } from "../evidence/commands.ts";
import type { Dropped } from "../evidence/firewall.ts";
import type { FirewallPacket } from "../evidence/firewall-packet.ts";
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

/** What a rule that lets packets pass says of them: in nft's words, and in those of iptables. */
export interface Passing {
  nft: string;
  iptables: string;
}

const comesIn: Passing = { nft: "iifname tailscale0", iptables: "-i tailscale0" };
const goesOut: Passing = { nft: "oifname tailscale0", iptables: "-o tailscale0" };

/** What answers packets that went out. */
export const answers: readonly Passing[] = [
  {
    nft: "ct state established,related",
    iptables: "-m conntrack --ctstate ESTABLISHED,RELATED",
  },
];

/** What comes out of the tunnel, or goes into it, at a hook. */
export function byTunnel(hook: FirewallPacket["hook"]): Passing[] {
  if (hook === "forward") return [comesIn, goesOut];
  return hook === "input" ? [comesIn] : [goesOut];
}

export function toPort(protocol: string, port: number): Passing[] {
  return [{ nft: `${protocol} dport ${port}`, iptables: `-p ${protocol} --dport ${port}` }];
}

/** Questions to a DNS server. */
export const toDns: readonly Passing[] = [...toPort("udp", 53), ...toPort("tcp", 53)];

/** What comes from, or goes to, an address beside the tunnel. */
export function ofAddress({ hook, source, destination }: FirewallPacket): Passing[] {
  const isOut = hook === "output";
  const address = isOut ? destination : source;
  const family = address.includes(":") ? "ip6" : "ip";
  const nft = `${family} ${isOut ? "daddr" : "saddr"} ${address}`;
  return [{ nft, iptables: `${isOut ? "-d" : "-s"} ${address}` }];
}

/** The commands of which each will do: to take the rule away, and to let packets pass before it. */
export function withoutRule(dropped: Dropped, passing: readonly Passing[]): string[] {
  const rule = dropped.kind === "rule" ? dropped.rule : undefined;
  const iptables = ofIptables(dropped);
  const chain = chainOf(dropped);
  if (iptables !== undefined) {
    const program = command(iptables);
    const words = rule?.iptables?.words;
    return [
      ...(words === undefined ? [] : [`${program} -D ${chain} ${words}`]),
      passing.map((each) => `${program} -I ${chain} ${each.iptables} -j ACCEPT`).join(" && "),
    ];
  }
  const { family, table } = dropped.kind === "rule" ? dropped.rule : dropped.chain;
  const place = `${family} ${table} ${chain}`;
  return [
    ...(rule?.handle === undefined ? [] : [`nft delete rule ${place} handle ${rule.handle}`]),
    passing.map((each) => `nft insert rule ${place} ${each.nft} accept`).join(" && "),
  ];
}

/** These commands as remedies: the first, and what would do else. */
export function asFix(machine: string, [first = "", ...others]: readonly string[]): string[] {
  return [`on ${machine}: ${first}`, ...others.map((each) => `on ${machine}, else: ${each}`)];
}

export function isOfIptables(dropped: Dropped): boolean {
  return ofIptables(dropped) !== undefined;
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
