import type { MachineRole } from "./evidence.ts";
import { controlScript, relayScript, resolverScript } from "./probes.ts";

/** One command whose output a doctor reads, without a question: it looks and changes nothing. */
export interface EvidenceCommand {
  roles: readonly MachineRole[];
  argv: readonly string[];
  /** What a folder calls its output, beside the machine's name. */
  file: string;
  /** It waits for the network, so it runs beside the others. */
  isSlow?: true;
  /** In ms, of one that may take longer than others. */
  timeoutMs?: number;
}

const tailscale = ["tailscale"] as const;
const control = ["control"] as const;
const every = ["tailscale", "control", "host"] as const;

/** Prints no variable but tailscaled's own switches: others may be secrets. */
const tailscaledProcess = `for p in $(pgrep -x tailscaled); do
  tr '\\0' ' ' < /proc/$p/cmdline; echo
  tr '\\0' '\\n' < /proc/$p/environ | grep -E '^TS_(DEBUG|DISABLE|ENABLE)_' || :
done`;

/**
 * Which tables there are of iptables-legacy the kernel says itself, in a file for each family. `iptables-save` is one of
 * the two others by another name, or the only one. A program that fails is named with its error; without any, and without
 * tables, nothing is printed at all. With `-t` a program would make the table that it is asked for.
 */
const iptables = `for p in iptables ip6tables; do
  PATH=$PATH:/usr/sbin:/sbin first=
  for each in $p-save $p-legacy-save $p-nft-save; do
    file=$(command -v $each) || continue
    any=yes
    [ "$first" -ef "$file" ] && echo "# $p-save is $each" && continue
    first=\${first:-$file}
    echo "# $each -c"
    { error=$($each -c 2>&1 >&3) || echo "# $each -c: \${error:-it failed}" | head -n 1; } 3>&1
  done
  names=/proc/net/$\{p%tables}_tables_names
  tables=$([ ! -r $names ] || while read -r each; do printf ' %s' $each; done < $names)
  [ -z "$tables" ] && continue
  any=yes
  read -r kernel < /proc/sys/kernel/osrelease
  echo "# \${names##*/} of Linux $kernel:$tables"
done
[ -z "$any" ] || echo "# end of iptables"`;

/** All that is asked of a machine, by key: the names of what `observe` makes of it. */
export const evidenceCommands = {
  status: { roles: tailscale, argv: ["tailscale", "status", "--json"], file: "status.json" },
  prefs: { roles: tailscale, argv: ["tailscale", "debug", "prefs"], file: "prefs.json" },
  netmap: { roles: tailscale, argv: ["tailscale", "debug", "netmap"], file: "netmap.json" },
  dns: { roles: tailscale, argv: ["tailscale", "dns", "status", "--json"], file: "dns.json" },
  serve: {
    roles: tailscale,
    argv: ["tailscale", "serve", "status", "--json"],
    file: "serve.json",
  },
  metrics: { roles: tailscale, argv: ["tailscale", "metrics", "print"], file: "metrics.txt" },
  netcheck: {
    roles: tailscale,
    argv: ["tailscale", "netcheck", "--format=json"],
    file: "netcheck.json",
    isSlow: true,
    // Where nothing answers it takes more than 6 s, and that is worth knowing.
    timeoutMs: 12_000,
  },
  process: { roles: tailscale, argv: ["sh", "-c", tailscaledProcess], file: "tailscaled.txt" },
  controlProbe: {
    roles: tailscale,
    argv: ["sh", "-c", controlScript],
    file: "control-probe.txt",
    isSlow: true,
  },
  relayProbes: {
    roles: tailscale,
    argv: ["sh", "-c", relayScript],
    file: "relay-probes.txt",
    isSlow: true,
  },
  resolverProbes: {
    roles: tailscale,
    argv: ["sh", "-c", resolverScript],
    file: "resolver-probes.txt",
    isSlow: true,
  },
  connections: {
    roles: tailscale,
    argv: ["ss", "-Htnpoi", "state", "established"],
    file: "connections.txt",
  },
  addresses: { roles: every, argv: ["ip", "-j", "addr"], file: "addresses.json" },
  routes: {
    roles: every,
    argv: ["ip", "-j", "route", "show", "table", "all"],
    file: "routes.json",
  },
  rules: { roles: every, argv: ["ip", "-j", "rule"], file: "rules.json" },
  firewall: { roles: every, argv: ["nft", "-j", "list", "ruleset"], file: "nftables.json" },
  iptables: { roles: every, argv: ["sh", "-c", iptables], file: "iptables.txt" },
  sysctls: {
    roles: every,
    argv: ["sysctl", "-a", "-r", "forward|rp_filter|mtu_probing|src_valid_mark|echo_ignore_all"],
    file: "sysctls.txt",
  },
  drops: { roles: every, argv: ["nstat", "-asz", "TcpExtIPReversePathFilter"], file: "drops.txt" },
  sockets: { roles: every, argv: ["ss", "-Hltunp"], file: "sockets.txt" },
  resolvConf: { roles: every, argv: ["cat", "/etc/resolv.conf"], file: "resolv.conf" },
  nodes: { roles: control, argv: ["headscale", "nodes", "list", "-o", "json"], file: "nodes.json" },
  users: { roles: control, argv: ["headscale", "users", "list", "-o", "json"], file: "users.json" },
  policy: { roles: control, argv: ["headscale", "policy", "get"], file: "policy.hujson" },
  config: { roles: control, argv: ["cat", "/etc/headscale/config.yaml"], file: "config.yaml" },
  log: {
    roles: control,
    argv: ["journalctl", "-u", "headscale", "-n", "500", "-o", "cat"],
    file: "headscale.log",
  },
} as const satisfies Record<string, EvidenceCommand>;

export type EvidenceKey = keyof typeof evidenceCommands;

/** As a user would type it; a long script by its first line. */
export function commandLine(argv: readonly string[]): string {
  if (argv[0] === "sh" && argv[2] !== undefined) {
    const [first = "sh", ...rest] = argv[2].split("\n");
    return rest.length === 0 ? first : `${first} …`;
  }
  return argv.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(" ");
}
