import { readFileSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anonymiserFor, type Output } from "../../lab/capture/anonymise/anonymise.ts";
import { programWords, topLevel } from "../../lab/capture/anonymise/vocabulary.ts";
import { parseIptables } from "../../lab/evidence/iptables.ts";
import { contains, prefix } from "../../lab/topology/prefix.ts";

const reserved = new Set([
  ...programWords,
  ...topLevel,
  "tag",
  "group",
  "search",
  "nameserver",
  "online",
  "hello",
  "name",
  "enter",
  "node",
  "route",
  "scope",
  "global",
  "domain",
  "time",
  "magicsock",
  "user",
  "grants",
  "hosts",
]);
const label = fc
  .stringMatching(/^[a-z][a-z0-9]{3,8}(?:-[a-z0-9]{1,5})?$/)
  .filter((name) => !reserved.has(name) && !/^(?:machine|user|name|tag|group|relay)/.test(name));
const publicV4 = fc
  .tuple(fc.integer({ min: 20, max: 90 }), ...[0, 1, 2].map(() => fc.integer({ min: 1, max: 254 })))
  .map((bytes) => bytes.join("."));
const publicV6 = fc
  .array(fc.integer({ min: 4096, max: 65_535 }), { minLength: 6, maxLength: 6 })
  .map((groups) => `2a02:${groups.map((group) => group.toString(16)).join(":")}:1`);
const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `f${Buffer.from(bytes).toString("hex").slice(1)}`);

const tailnet = fc
  .record({
    words: fc.uniqueArray(label, { minLength: 9, maxLength: 9 }),
    v4: fc.uniqueArray(publicV4, { minLength: 2, maxLength: 2 }),
    v6: publicV6,
    keys: fc.uniqueArray(key, { minLength: 2, maxLength: 2 }),
  })
  .map(({ words, v4, v6, keys }) => {
    const [
      one = "",
      other = "",
      user = "",
      friend = "",
      tag = "",
      group = "",
      domain = "",
      company = "",
      host = "",
    ] = words;
    return { one, other, user, friend, tag, group, domain, company, host, v4, v6, keys };
  });
type Tailnet = typeof tailnet extends fc.Arbitrary<infer T> ? T : never;

/** Outputs as the programs print them, which name everything in several ways. */
function outputsOf(t: Tailnet): Output[] {
  const suffix = `${t.domain}.ts.net`;
  const [near = "", far = ""] = t.v4;
  const [mine = "", theirs = ""] = t.keys;
  const short = Buffer.from(theirs, "hex").toString("base64").slice(0, 5);
  const status = {
    Self: {
      HostName: t.one,
      DNSName: `${t.one}.${suffix}.`,
      PublicKey: `nodekey:${mine}`,
      UserID: 1,
      Addrs: [`${near}:41641`, "192.168.1.4:41641", `[${t.v6}]:41641`],
      TailscaleIPs: ["100.64.0.1"],
    },
    Peer: {
      [`nodekey:${theirs}`]: {
        HostName: t.other.toUpperCase(),
        DNSName: `${t.other}.${suffix}.`,
        Tags: [`tag:${t.tag}`],
      },
    },
    User: {
      1: {
        LoginName: `${t.user}@${t.company}.com`,
        DisplayName: t.user,
        ProfilePicURL: `https://${t.company}.com/${t.user}.png`,
      },
    },
    MagicDNSSuffix: suffix,
    Health: [`${t.other} can't be reached at ${far}; ask ${t.user}@${t.company}.com`],
  };
  return [
    { argv: ["tailscale", "status", "--json"], text: JSON.stringify(status, null, 2) },
    {
      argv: ["headscale", "policy", "get"],
      text: `{
      // ${t.friend} may not
      "groups": { "group:${t.group}": ["${t.user}@${t.company}.com", "${t.friend}@"] },
      "tagOwners": { "tag:${t.tag}": ["group:${t.group}"] },
      "hosts": { "${t.host}": "10.20.0.30" },
      "grants": [{ "src": ["${t.friend}@"], "dst": ["tag:${t.tag}", "${t.host}"], "ip": ["tcp:80"] }],
    }`,
    },
    {
      argv: ["cat", "/etc/resolv.conf"],
      text: `# of /var/lib/user-${t.user}_${t.friend}\nnameserver ${far}\nsearch ${suffix} ${t.company}.internal\n`,
    },
    {
      argv: ["ip", "-j", "addr"],
      text: `[{"ifname":"eth0","address":"52:54:00:12:34:56","addr_info":[{"family":"inet","local":"${near}","prefixlen":24}]}]`,
    },
    {
      argv: ["journalctl"],
      text: `2026-11-24T14:38:46Z INF node connected node.key=[${short}] node.name=${t.other} user.name=${t.friend} remote=${far}:41648 error="x\\n${t.friend}@: no"\n`,
    },
  ];
}

test("nothing of the original is left, and everything can still be read", () => {
  fc.assert(
    fc.property(tailnet, (t) => {
      const outputs = outputsOf(t);
      const { output } = anonymiserFor(outputs, [t.one, t.other]);
      const written = outputs.map(({ text }) => output(text));
      const all = written.join("\n").toLowerCase();
      const { v4, v6, keys, ...names } = t;
      for (const name of Object.values(names)) {
        expect(all).not.toMatch(new RegExp(`(?<![a-z0-9])${name}(?![a-z0-9])`));
      }
      for (const address of [...v4, v6, ...keys]) expect(all).not.toContain(address);
      expect(all).not.toContain("52:54:00");
      const [status = "", policy = "", resolvConf = "", addresses = "", log = ""] = written;
      const { Self, Peer, User, MagicDNSSuffix } = JSON.parse(status);
      const [[peerKey, peer]] = Object.entries(Peer) as [
        [string, { HostName: string; Tags: string[] }],
      ];
      // The same everywhere.
      expect(Self.DNSName).toBe(`${Self.HostName}.${MagicDNSSuffix}.`);
      expect(resolvConf).toContain(`search ${MagicDNSSuffix} `);
      expect(policy).toContain(`"${User[1].LoginName}"`);
      expect(policy).toContain(`"tagOwners": { "${peer.Tags[0]}"`);
      expect(log).toContain(`node.name=${peer.HostName} `);
      const short = Buffer.from(peerKey.replace("nodekey:", ""), "hex")
        .toString("base64")
        .slice(0, 5);
      expect(log).toContain(`node.key=[${short}]`);
      // Of the same kind.
      const [own, lan, six] = Self.Addrs.map((each: string) => each.replace(/:\d+$/, ""));
      expect(lan).toBe("192.168.1.4");
      expect(Self.TailscaleIPs).toEqual(["100.64.0.1"]);
      expect(isIPv4(own)).toBe(true);
      const documentation = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/15"];
      expect(documentation.some((range) => contains(prefix(range), prefix(own)))).toBe(true);
      expect(isIPv6(six.slice(1, -1))).toBe(true);
      expect(contains(prefix("2001:db8::/32"), prefix(six.slice(1, -1)))).toBe(true);
      expect(JSON.parse(addresses)[0].addr_info[0].local).toBe(own);
      const far = /nameserver (\S+)/.exec(resolvConf)?.[1];
      expect(far).not.toBe(own);
      expect(log).toContain(`remote=${far}:41648`);
    }),
  );
});

test("what is in a prefix stays in it, and private and shared addresses stay", () => {
  const text = [
    "31.10.4.0/22 dev eth0",
    "31.10.5.9 dev eth0",
    "31.10.4.0",
    "8.8.8.8",
    "0.0.0.0/0",
    "10.0.0.1",
    "100.64.0.0/10",
    "100.100.100.100",
    "169.254.169.254",
    "fd7a:115c:a1e0::53",
    "::/0",
    "::1",
    "127.0.0.1",
  ].join("\n");
  const written = anonymiserFor([{ argv: [], text }])
    .output(text)
    .split("\n");
  const [range = "", inside = "", network = "", other = ""] = written.map(
    (line) => line.split(" ")[0] ?? "",
  );
  expect(range).not.toContain("31.10");
  expect(range).toMatch(/\/22$/);
  expect(contains(prefix(range), prefix(inside))).toBe(true);
  expect(`${network}/22`).toBe(range);
  expect(contains(prefix(range), prefix(other))).toBe(false);
  expect(written.slice(4)).toEqual(text.split("\n").slice(4));
});

test("rules of iptables are about other addresses, and are the same rules", () => {
  const text = readFileSync(new URL("../evidence/iptables/ufw.txt", import.meta.url), "utf8")
    .replaceAll("172.17.0.2:80", "31.10.5.9:80")
    .replaceAll("dapp_Web", "annes-laptop");
  const written = anonymiserFor([{ argv: [], text }], ["annes-laptop", "accept", "legacy"]).output(
    text,
  );
  expect(written).not.toMatch(/31\.10|annes/);
  const rulesIn = (each: string) =>
    parseIptables(each).tables.map(({ table, program, chains, rules }) => [
      table,
      program,
      chains.map(({ name, policy }) => [name, policy]),
      rules.map(({ verdict, matches }) => [verdict, matches.map(({ left, op }) => [left, op])]),
    ]);
  expect(rulesIn(written)).toEqual(rulesIn(text));
});

test("a placeholder is nobody's name or address", () => {
  const text = JSON.stringify({
    HostName: "annes-laptop",
    list: ["machine-1 203.0.113.1 at 31.10.5.9"],
  });
  const written = JSON.parse(anonymiserFor([{ argv: [], text }]).output(text));
  expect(written.HostName).toBe("machine-2");
  expect(written.list[0]).not.toContain("203.0.113.1 ");
});

test("times, versions, sentences and programs' own words stay", () => {
  const text = `2026-11-24T14:38:46Z 14:38:46 v1.102.5 commit=unknown path=/machine/map proto=HTTP/2.0
https://tailscale.com/s/resolvconf-overwrite github.com/juanfont/headscale@v0.29.3/hscontrol/poll.go:250
the router is a server; resolv.conf tailscaled.sock node.online=true\n`;
  const status = '{"HostName": "router"}';
  const { output } = anonymiserFor([
    { argv: [], text },
    { argv: [], text: status },
  ]);
  expect(output(text)).toBe(text);
  expect(output(status)).toBe('{"HostName": "machine-1"}');
});

test("machines that call themselves alike stay told apart, and seen to be alike", () => {
  const text = JSON.stringify([
    { HostName: "kate's iPhone", DNSName: "kates-iphone.acme.ts.net." },
    { HostName: "kate's iPhone", DNSName: "kates-iphone-1.acme.ts.net." },
  ]);
  const [one, other] = JSON.parse(anonymiserFor([{ argv: [], text }]).output(text));
  expect(one.HostName).toBe(other.HostName);
  expect(one.DNSName).toBe(`${one.HostName}.name-1.ts.net.`);
  expect(other.DNSName).toBe(`${one.HostName}-1.name-1.ts.net.`);
});

test("what is cut off is anonymised as far as it goes", () => {
  const text =
    '{"Self": {"HostName": "annes-laptop", "DNSName": "annes-laptop.acme.internal.", "Addrs": ["31.10.5.9:41641", "31.10';
  const written = anonymiserFor([{ argv: [], text }]).output(text);
  expect(written).toBe(
    '{"Self": {"HostName": "machine-1", "DNSName": "machine-1.name-1.internal.", "Addrs": ["203.0.113.1:41641", "31.10',
  );
});

test("keys of programs stay, whatever machines, users and the policy's hosts are called", () => {
  const filter = { PacketFilter: [{ Dsts: [{ Net: "10.50.0.0/24" }] }], Peers: [], Online: true };
  const rule = { match: { left: { meta: { key: "mark" } }, right: 1 } };
  const outputs: Output[] = [
    {
      argv: ["headscale", "policy", "get"],
      text: '{ "hosts": { "net": "10.50.0.0/24", "peers": "10.50.0.7", "Attic": "10.50.0.8" } }',
    },
    { argv: ["headscale", "users", "list"], text: '[{ "name": "mark" }, { "name": "online" }]' },
  ];
  const { output } = anonymiserFor(outputs);
  expect(JSON.parse(output(JSON.stringify(filter)))).toEqual(filter);
  expect(JSON.parse(output(JSON.stringify(rule)))).toEqual(rule);
  expect(output(outputs[0]?.text ?? "")).not.toMatch(/peers|Attic/);
  expect(output(outputs[1]?.text ?? "")).not.toMatch(/mark|online/);
});
