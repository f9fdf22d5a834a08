import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { evidenceCommands } from "../../lab/evidence/commands.ts";
import { droppedBy, grownDrops, ledBy, mayBeDroppedBy } from "../../lab/evidence/firewall.ts";
import { type FirewallPacket, matchesAll } from "../../lab/evidence/firewall-packet.ts";
import { droppedText } from "../../lab/evidence/firewall-text.ts";
import { parseIptables } from "../../lab/evidence/iptables.ts";
import { mayMasquerade } from "../../lab/evidence/masquerade.ts";
import type { FirewallRules } from "../../lab/evidence/nftables.ts";
import { wholeFirewall } from "../../lab/evidence/whole-firewall.ts";
import { folderWith } from "./folder-with.ts";

/** Recorded with Debian's iptables 1.8.9: rules as ufw and Docker make them, and others of iptables-legacy. */
const recorded = (name: string) =>
  readFileSync(new URL(`./iptables/${name}`, import.meta.url), "utf8");
const both = recorded("ufw.txt");
const ofNft = recorded("ufw.json");
const legacyAt = both.indexOf("# iptables-legacy-save -c");
const [beforeLegacy, ofLegacy] = [both.slice(0, legacyAt), both.slice(legacyAt)];

const printed = (stdout: string, exitCode = 0, stderr = "") => ({
  node: "box",
  argv: ["true"],
  exitCode,
  stdout,
  stderr,
  at: "",
});
const noNft = printed("", 127, "sh: 1: nft: not found");
const missing = { node: "box", argv: ["true"], why: "not in the folder" };
const nothing = printed('{"nftables": []}');

function rulesOf(...outputs: Parameters<typeof wholeFirewall>): FirewallRules {
  const whole = wholeFirewall(...outputs);
  if (whole.kind !== "seen") throw new Error(whole.why);
  return whole.value;
}

const dump = (...lines: string[]) =>
  `*filter\n:INPUT ACCEPT [0:0]\n${lines.map((line) => `${line}\n`).join("")}COMMIT\n`;

const packet = (port: number, more: Partial<FirewallPacket> = {}): FirewallPacket => ({
  hook: "input",
  device: "tailscale0",
  source: "100.64.0.2",
  destination: "100.64.0.1",
  port,
  protocol: "tcp",
  isAnswer: false,
  ...more,
});

test("nft alone can't tell what iptables' rules are about, with iptables-save they can be read", () => {
  const nft = rulesOf(printed(ofNft), missing);
  expect(droppedBy(nft, packet(81))).toBeUndefined();
  const whole = rulesOf(printed(ofNft), printed(beforeLegacy));
  const dropped = droppedBy(whole, packet(81));
  expect(dropped && droppedText(dropped)).toBe("iptables -t filter: -P INPUT DROP");
  expect(droppedBy(whole, packet(80))).toBeUndefined();
  expect(droppedBy(whole, packet(8043))).toBeUndefined();
  // Whether it is one of too many tries nobody knows.
  expect(droppedBy(whole, packet(22))).toBeUndefined();
  const doubt = mayBeDroppedBy(whole, undefined, packet(22));
  expect(doubt && droppedText(doubt)).toBe(
    "iptables -t filter: -A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable (0 packets)",
  );
});

test("what comes from another machine by some interface does not come by the loopback's", () => {
  const whole = rulesOf(printed(ofNft), printed(beforeLegacy));
  const fromLan = { device: undefined, source: "10.20.0.32", destination: "10.20.0.30" };
  expect(droppedBy(whole, packet(81, fromLan))).toMatchObject({ kind: "policy" });
  expect(droppedBy(whole, packet(81, { ...fromLan, source: "10.20.0.30" }))).toBeUndefined();
});

test("a chain that both show is there once, with all its rules", () => {
  const nft = rulesOf(printed(ofNft), missing);
  const whole = rulesOf(printed(ofNft), printed(beforeLegacy));
  const names = (rules: FirewallRules) =>
    rules.chains.map(({ family, table, name }) => `${family} ${table} ${name}`).sort();
  // iptables prints those that a table may have and has not.
  expect(names(whole)).toEqual([...names(nft), "ip nat INPUT", "ip nat OUTPUT"].sort());
  expect(whole.rules).toHaveLength(nft.rules.length);
  const isOpaque = ({ matches }: FirewallRules["rules"][number]) =>
    matches.some(({ left, op }) => left === "xt" && op === "?");
  expect(nft.rules.some(isOpaque)).toBe(true);
  expect(whole.rules.filter(({ family }) => family === "ip").some(isOpaque)).toBe(false);
  const ofIpv6 = rulesOf(printed(ofNft), printed(both)).rules.filter(
    (rule) => rule.family === "ip6",
  );
  expect(ofIpv6.map((rule) => rule.iptables?.program)).toEqual(["ip6tables", "ip6tables"]);
});

test("base chains have their hook, their place in it and their policy", () => {
  const { chains } = rulesOf(nothing, printed(both));
  const chain = (table: string, name: string) =>
    chains.find((each) => each.family === "ip" && each.table === table && each.name === name);
  expect(chain("filter", "INPUT")).toMatchObject({ hook: "input", priority: 0, type: "filter" });
  expect(chain("nat", "PREROUTING")).toMatchObject({
    hook: "prerouting",
    priority: -100,
    type: "nat",
  });
  expect(chain("nat", "POSTROUTING")).toMatchObject({ hook: "postrouting", priority: 100 });
  expect(chain("nat", "DOCKER")).toMatchObject({ hook: undefined, policy: undefined });
  expect(chain("raw of iptables-legacy", "PREROUTING")).toMatchObject({ priority: -300 });
});

test("rules of iptables-legacy are added beside those of the same name", () => {
  const whole = rulesOf(printed(ofNft), printed(both));
  const dropped = droppedBy(rulesOf(nothing, printed(ofLegacy)), packet(2222));
  expect(dropped && droppedText(dropped)).toBe(
    "iptables-legacy -t filter: -A INPUT -i tailscale0 -p tcp -m tcp --dport 2222 -j DROP (0 packets)",
  );
  const inputs = whole.chains.filter(({ family, hook }) => family === "ip" && hook === "input");
  expect(inputs.map(({ table }) => table)).toEqual(["filter", "nat", "filter of iptables-legacy"]);
  const own = whole.rules.filter(({ chain, family }) => chain === "INPUT" && family === "ip");
  expect(own.filter(({ table }) => table === "filter")).toHaveLength(1);
});

test("a chain of a table of iptables that nft has made stays", () => {
  const mine = {
    chain: { family: "ip", table: "filter", name: "mine", hook: "input", type: "filter", prio: 5 },
  };
  const entries = [...(JSON.parse(ofNft).nftables as object[]), mine];
  const whole = rulesOf(printed(JSON.stringify({ nftables: entries })), printed(both));
  expect(whole.chains).toContainEqual(expect.objectContaining({ name: "mine", priority: 5 }));
});

test("what a rule leads elsewhere, and what it masquerades", () => {
  const whole = rulesOf(nothing, printed(beforeLegacy));
  expect(ledBy(whole, packet(443))?.to).toEqual({ port: 8443 });
  expect(ledBy(whole, packet(9000))?.to).toEqual({ address: "172.17.0.2", port: 80 });
  expect(ledBy(whole, packet(80))).toBeUndefined();
  const out = { hook: "forward", device: "docker0", destination: "9.9.9.9" } as const;
  expect(mayMasquerade(whole, packet(80, { ...out, source: "172.17.0.2" }))).toBe(true);
  expect(mayMasquerade(whole, packet(80, { ...out, source: "10.0.0.2" }))).toBe(false);
});

test.each<[rule: string, about: Partial<FirewallPacket>, answer: "yes" | "no" | "unknown"]>([
  ["-i tailscale0 -p tcp -m tcp --dport 22", {}, "yes"],
  ["-p tcp --dport 22", {}, "yes"],
  ["-p tcp --dport ssh", {}, "unknown"],
  ["-p 6 -m tcp --dport 20:25", {}, "yes"],
  ["-p udp -m udp --dport 22", {}, "no"],
  ["-p tcp -m tcp ! --dport 22", {}, "no"],
  ["-p tcp -m tcp --dport ! 23", {}, "yes"],
  ["! -i lo", {}, "yes"],
  ["-i ! tailscale0", {}, "no"],
  ["-i tail+", {}, "yes"],
  ["-s 100.64.0.0/10 -d 100.64.0.1/32", {}, "yes"],
  ["-s 100.64.0.0/255.192.0.0", {}, "yes"],
  ["-s 100.64.0.0/255.0.255.0", {}, "unknown"],
  ["! -s 100.64.0.2/32", {}, "no"],
  ["-s ! 100.64.0.3", {}, "yes"],
  ["-m iprange --src-range 100.64.0.1-100.64.0.9", {}, "yes"],
  ["-m iprange ! --dst-range 100.64.0.1-100.64.0.9", {}, "no"],
  ["-p tcp -m multiport --dports 21,22,80:90", {}, "yes"],
  ["-p tcp -m multiport ! --dports 21,22", {}, "no"],
  ["-p tcp -m multiport --ports 22", {}, "unknown"],
  ["-m conntrack --ctstate RELATED,ESTABLISHED", {}, "no"],
  ["-m conntrack --ctstate RELATED,ESTABLISHED", { isAnswer: true }, "yes"],
  ["-m conntrack --ctstate ESTABLISHED,DNAT", {}, "unknown"],
  ["-m state ! --state NEW", {}, "no"],
  ["-m conntrack --ctorigdstport 22", {}, "unknown"],
  ["-m addrtype --dst-type LOCAL", {}, "yes"],
  ["-m addrtype --dst-type LOCAL --limit-iface-in", {}, "unknown"],
  ["-f", {}, "no"],
  ["! -f", {}, "yes"],
  ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", {}, "yes"],
  ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", { isAnswer: true }, "no"],
  ["-p tcp -m tcp ! --syn", {}, "no"],
  ["-p tcp -m tcp --tcp-flags ALL NONE", {}, "no"],
  ["-p tcp -m tcp --tcp-flags SYN,RST SYN", { isAnswer: true }, "yes"],
  ["-p icmp -m icmp --icmp-type 8", {}, "no"],
  ["-m limit --limit 3/min", {}, "unknown"],
  ["-m set --match-set banned src", {}, "unknown"],
  ["-m mark --mark 0x1/0xff", {}, "unknown"],
  ["-m socket", {}, "unknown"],
  ['-m comment --comment "-p udp ! -i lo" -p tcp', {}, "yes"],
])("whether %s is about a packet", (rule, about, answer) => {
  const text = `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${rule} -j DROP\nCOMMIT\n`;
  const [read] = parseIptables(text).tables[0]?.rules ?? [];
  expect(read?.verdict).toBe("drop");
  expect(matchesAll(read?.matches ?? [], packet(22, about))).toBe(answer);
});

test.each([
  ["-j DNAT --to-destination 10.0.0.9", "dnat", { address: "10.0.0.9" }],
  ["-p tcp -j DNAT --to-destination :8080", "dnat", { port: 8080 }],
  ["-j DNAT --to-destination 10.0.0.1-10.0.0.9", "dnat", undefined],
  ["-p tcp -j DNAT --to-destination [fd00::2]:80", "dnat", { address: "fd00::2", port: 80 }],
  ["-j DNAT --to-destination fd00::2", "dnat", { address: "fd00::2" }],
  ["-p tcp -j REDIRECT --to-ports 8000-8010", "redirect", undefined],
  ["-j MASQUERADE", "masquerade", undefined],
  ["-j SNAT --to-source 192.0.2.1", "snat", undefined],
  ['-j LOG --log-prefix "-j DROP "', undefined, undefined],
  ["-p tcp -j TCPMSS --clamp-mss-to-pmtu", undefined, undefined],
  ["-j NFQUEUE --queue-num 1", "queue", undefined],
  ["-j NETFLOW", "queue", undefined],
  ["-p tcp", undefined, undefined],
])("what becomes of a packet by %s", (rule, verdict, to) => {
  const text = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${rule}\nCOMMIT\n`;
  expect(parseIptables(text).tables[0]?.rules).toMatchObject([{ verdict, to }]);
});

test("what another program decides about is not sure to come to the rules behind it", () => {
  const behind = (rule: string) => rulesOf(nothing, printed(dump(rule, "-A INPUT -j DROP")));
  expect(droppedBy(behind("-A INPUT -j LOG"), packet(80))).toMatchObject({ kind: "rule" });
  expect(droppedBy(behind("-A INPUT -j NFQUEUE"), packet(80))).toBeUndefined();
});

test("the command runs each program once, and names one that fails with its first words", () => {
  const print = (name: string) => `#!/bin/sh\necho "[$*] of ${name}"\n`;
  const folder = folderWith({
    "iptables-nft-save": print("nft"),
    "iptables-legacy-save": print("legacy"),
    "ip6tables-save": "#!/bin/sh\necho one >&2; echo two >&2; exit 4\n",
    "ip6tables-legacy-save": print("legacy for IPv6"),
    "ip6tables-nft-save": print("nft for IPv6"),
  });
  for (const name of readdirSync(folder)) chmodSync(path.join(folder, name), 0o755);
  symlinkSync("iptables-nft-save", path.join(folder, "iptables-save"));
  const [program = "", ...words] = evidenceCommands.iptables.argv;
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const lines = execFileSync(program, words, { env, encoding: "utf8" }).split("\n");
  // What the kernel of this machine has is its own business.
  expect(lines.filter((line) => !line.includes("_tables_names of "))).toEqual([
    "# iptables-save -c",
    "[-c] of nft",
    "# iptables-legacy-save -c",
    "[-c] of legacy",
    "# iptables-save is iptables-nft-save",
    "# ip6tables-save -c",
    "# ip6tables-save -c: one",
    "# ip6tables-legacy-save -c",
    "[-c] of legacy for IPv6",
    "# ip6tables-nft-save -c",
    "[-c] of nft for IPv6",
    "# end of iptables",
    "",
  ]);
});

test("after a goto the chain that it was in does not go on", () => {
  const rules = (way: string) =>
    rulesOf(
      nothing,
      printed(
        `*filter\n:INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT -p tcp ${way} own\n-A INPUT -j DROP\n-A own -p udp -j DROP\nCOMMIT\n`,
      ),
    );
  expect(droppedBy(rules("-j"), packet(80))).toMatchObject({ kind: "rule" });
  expect(droppedBy(rules("-g"), packet(80))).toBeUndefined();
});

test.each(["CT --notrack", "NOTRACK"])("what %s has no connection of is untracked", (target) => {
  const raw = `*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j ${target}\nCOMMIT\n`;
  const filter = dump("-A INPUT -m conntrack --ctstate UNTRACKED -j DROP");
  const rules = rulesOf(nothing, printed(raw + filter));
  expect(droppedBy(rules, packet(80))).toMatchObject({ kind: "rule", rule: { chain: "INPUT" } });
  expect(droppedBy(rules, packet(22))).toBeUndefined();
});

test.each([
  ["# Generated by iptables-save v1.8.9 (nf_tables) on Tue", "iptables", false],
  ["# Generated by ip6tables-save v1.8.11 (nf_tables) on Tue", "ip6tables", false],
  ["# Generated by iptables-save v1.8.9 on Tue", "iptables", true],
  ["# Generated by iptables-save v1.6.1 on Tue", "iptables", true],
  ["# Generated by iptables-save v1.4.21 on Tue", "iptables", true],
  // Both variants print the same, and xtables-save does not say its family.
  ["# Generated by iptables-save v1.8.7 on Tue", "iptables", undefined],
  ["# Generated by xtables-save v1.8.2 on Tue", "iptables", false],
  ["# iptables-save -c\n# iptables-save is iptables-legacy-save", "iptables", true],
  [
    "# iptables-legacy-save -c\n# Generated by iptables-save v1.8.7 on Tue",
    "iptables-legacy",
    true,
  ],
  ["# ip6tables-nft-save -c\n# Generated by ip6tables-save v1.8.7 on", "ip6tables-nft", false],
])("who printed it: %s", (head, program, isLegacy) => {
  const { tables } = parseIptables(`${head}\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n`);
  expect(tables).toMatchObject([{ program, isLegacy, family: /6/.test(program) ? "ip6" : "ip" }]);
});

test("a program that does not say what it is: what nft shows too is no table of iptables-legacy", () => {
  const text = beforeLegacy
    .replaceAll("v1.8.9 (nf_tables)", "v1.8.7")
    .replace(/^# iptables.*$/gm, "");
  const tablesOf = (nft: string) =>
    new Set(rulesOf(printed(nft), printed(text)).chains.map(({ table }) => table));
  expect([...tablesOf(ofNft)].sort()).toEqual(["filter", "nat"]);
  expect([...tablesOf('{"nftables": []}')].sort()).toEqual([
    "filter of iptables-legacy",
    "nat of iptables-legacy",
  ]);
});

test("the second family of xtables-save is IPv6's", () => {
  const one = "# Generated by xtables-save v1.8.2\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n";
  expect(parseIptables(one + one).tables.map(({ family }) => family)).toEqual(["ip", "ip6"]);
});

test("counters are read again, and tell which rule has dropped", () => {
  const at = (packets: number) =>
    rulesOf(
      printed(ofNft),
      printed(
        `# iptables-legacy-save -c\n*filter\n:INPUT ACCEPT [0:0]\n[${packets}:720] -A INPUT -p tcp -m limit --limit 1/s -j DROP\nCOMMIT\n# end of iptables\n`,
      ),
    );
  expect(grownDrops(at(3), at(3), packet(80))).toBeUndefined();
  const grown = grownDrops(at(3), at(12), packet(80));
  expect(grown && droppedText(grown)).toBe(
    "iptables-legacy -t filter: -A INPUT -p tcp -m limit --limit 1/s -j DROP (12 packets)",
  );
});

test("tailscaled's own chains are nobody's firewall, whoever has made them", () => {
  const own = rulesOf(
    nothing,
    printed(
      "*filter\n:INPUT ACCEPT [0:0]\n:ts-input - [0:0]\n-A INPUT -j ts-input\n-A ts-input -s 100.64.0.0/10 -m limit --limit 1/s -j DROP\nCOMMIT\n",
    ),
  );
  expect(mayBeDroppedBy(own, undefined, packet(80))).toBeUndefined();
});

test("where nft is not installed, iptables is all there is; where neither is, nothing was seen", () => {
  const alone = wholeFirewall(noNft, printed(both));
  expect(alone).toMatchObject({ kind: "seen", evidence: { argv: ["iptables-save", "-c"] } });
  expect(alone).not.toHaveProperty("unseen");
  const late = { ...noNft, exitCode: null };
  expect(wholeFirewall(late, printed(both))).toMatchObject({ unseen: [{ argv: ["true"] }] });
  expect(wholeFirewall(noNft, printed(""))).toMatchObject({ kind: "unseen" });
  expect(wholeFirewall(noNft, missing)).toMatchObject({ kind: "unseen" });
});

test("a machine without iptables has nothing that was not seen", () => {
  expect(wholeFirewall(printed(ofNft), printed(""))).not.toHaveProperty("unseen");
});

test.each<[what: string, text: string, command: string, why: RegExp]>([
  [
    "the kernel has tables that no program prints",
    recorded("unprinted.txt"),
    "iptables-legacy-save -c",
    /^there are tables of iptables-legacy \(raw, filter\), which nft does not show/,
  ],
  [
    "the program says so",
    "# Warning: ip6tables-legacy tables present, use ip6tables-legacy-save to see them\n",
    "ip6tables-legacy-save -c",
    /^there are tables of iptables-legacy, which/,
  ],
  [
    "a program failed",
    "# iptables-save -c\n# iptables-save -c: iptables-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n# end of iptables\n",
    "iptables-save -c",
    /Permission denied/,
  ],
  ["it is cut off", both.slice(0, 700), "iptables-save -c", /table filter is cut off/],
  [
    "it is damaged",
    both.replace("[0:0] -A INPUT", "[0:0 -A INP"),
    "iptables-save -c",
    /no line of/,
  ],
])("what could not be had is told: %s", (_what, text, command, why) => {
  const whole = wholeFirewall(printed(ofNft), printed(text));
  expect(whole).toMatchObject({
    kind: "seen",
    unseen: [{ argv: command.split(" "), why: expect.stringMatching(why) }],
  });
});

test.each([
  ["tables that one of the programs has printed", both],
  [
    "an older kernel, that names those of every namespace",
    "# ip_tables_names of Linux 5.4.0: filter\n# end of iptables\n",
  ],
  [
    "a kernel without nf_tables",
    "# iptables-nft-save -c\n# iptables-nft-save -c: Failed to initialize nft: Protocol not supported\n# end of iptables\n",
  ],
])("nothing is missing: %s", (_what, text) => {
  expect(wholeFirewall(printed(ofNft), printed(text))).not.toHaveProperty("unseen");
});

test("a rule that iptables can't print ends what it prints, and not what others do", () => {
  // As of 1.8.9, of what tailscaled has made by nftables.
  const text = `# iptables-legacy-save -c\n${dump("[2:120] -A INPUT -p tcp -m tcp --dport 22 -j DROP")}# iptables-nft-save -c\n# Generated by iptables-nft-save v1.8.9 (nf_tables) on Tue\n*filter\n:INPUT ACCEPT [0:0]\n[0:0] -A INPUT -j ts-input\n# iptables-nft-save -c: Error: meta sreg key not supported\n# end of iptables\n`;
  const native = '{"nftables": [{"chain": {"family": "ip", "table": "filter", "name": "INPUT"}}]}';
  const whole = wholeFirewall(printed(native), printed(text));
  expect(whole).toMatchObject({
    value: {
      chains: [{ table: "filter" }, { table: "filter of iptables-legacy" }],
      rules: [{ verdict: "drop", packets: 2 }],
    },
  });
  expect(whole).not.toHaveProperty("unseen");
  // Others of its rules nft can't tell either.
  expect(wholeFirewall(printed(ofNft), printed(text))).toMatchObject({
    unseen: [{ argv: ["iptables-nft-save", "-c"], why: "Error: meta sreg key not supported" }],
  });
});

test("a table that iptables can't print is nft's to show", () => {
  const text =
    "# iptables-save -c\n# Generated by iptables-save v1.8.9 (nf_tables)\n# Table `filter' is incompatible, use 'nft' tool.\n*nat\n:INPUT ACCEPT [0:0]\nCOMMIT\n# end of iptables\n";
  expect(wholeFirewall(printed(ofNft), printed(text))).not.toHaveProperty("unseen");
  expect(wholeFirewall(noNft, printed(text))).toHaveProperty("unseen");
});
