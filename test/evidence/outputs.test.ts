import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ruleText } from "../../lab/evidence/firewall-text.ts";
import { parseUsers } from "../../lab/evidence/headscale.ts";
import { parseInterfaces, parseRoutes } from "../../lab/evidence/ip.ts";
import { parseNetmap } from "../../lab/evidence/netmap.ts";
import { parseRuleset } from "../../lab/evidence/nftables.ts";
import { covers } from "../../lab/evidence/prefix.ts";
import { parseNstat, parseResolvConf, parseSockets } from "../../lab/evidence/sockets.ts";
import { parseDnsStatus } from "../../lab/evidence/tailscaled.ts";
import { parseHeadscaleNodes } from "../../lab/running/headscale.ts";
import { parseStatus } from "../../lab/running/status.ts";

const { outputs } = JSON.parse(
  readFileSync(new URL("../doctor/healthy.json", import.meta.url), "utf8"),
) as { outputs: Record<string, Record<string, { stdout: string }>> };
const printed = (machine: string, command: string) => outputs[machine]?.[command]?.stdout ?? "";

test("resolv.conf of macOS, by which it does not go", () => {
  const conf =
    "# This file is not consulted for DNS hostname resolution, address\nnameserver 10.0.0.1\n";
  expect(() => parseResolvConf(conf)).toThrow("macOS goes by other settings");
});

test("tailscale dns status: a domain without servers is no split DNS", () => {
  const { splitDns } = parseDnsStatus(
    JSON.stringify({
      TailscaleDNS: true,
      SplitDNSRoutes: { "tail1a2b3.ts.net": [], "corp.internal": [{ Addr: "10.20.0.53" }] },
    }),
  );
  expect(splitDns).toEqual({ "corp.internal": ["10.20.0.53"] });
});

test("ip -j addr", () => {
  const interfaces = parseInterfaces(printed("laptop", "ip -j addr"));
  expect(interfaces.find(({ name }) => name === "tailscale0")).toMatchObject({
    mtu: 1280,
    addresses: expect.arrayContaining([expect.objectContaining({ prefixLength: 32 })]),
  });
});

test("ip -j route show table all: an address has its length, a default its family", () => {
  const routes = parseRoutes(printed("laptop", "ip -j route show table all"));
  expect(routes).toContainEqual(
    expect.objectContaining({ prefix: "10.20.0.0/24", table: "52", device: "tailscale0" }),
  );
  expect(routes).toContainEqual(expect.objectContaining({ prefix: "0.0.0.0/0", table: "main" }));
  expect(routes).toContainEqual(
    expect.objectContaining({ prefix: "100.100.100.100/32", table: "52" }),
  );
});

test("nft -j list ruleset: base chains, matches and verdicts", () => {
  const { chains, rules } = parseRuleset(printed("router", "nft -j list ruleset"));
  expect(chains).toContainEqual(
    expect.objectContaining({ name: "INPUT", hook: "input", policy: "accept" }),
  );
  expect(rules).toContainEqual(
    expect.objectContaining({ chain: "INPUT", verdict: "jump", target: "ts-input" }),
  );
  const drop = rules.find(({ chain, verdict }) => chain === "ts-input" && verdict === "drop");
  expect(drop?.matches).toEqual([
    { left: "iifname", op: "!=", right: "tailscale0*" },
    { left: "ip saddr", op: "==", right: "100.64.0.0/10" },
  ]);
  expect(drop && ruleText(drop)).toMatch(
    /chain ts-input: iifname != tailscale0\* ip saddr 100\.64\.0\.0\/10 .*drop$/,
  );
});

test("ss -Hltunp: addresses without brackets, with the program", () => {
  const sockets = parseSockets(printed("router", "ss -Hltunp"));
  expect(sockets).toContainEqual(
    expect.objectContaining({ protocol: "tcp", address: "0.0.0.0", port: 80, program: "nginx" }),
  );
  expect(sockets).toContainEqual(expect.objectContaining({ address: "::", port: 80 }));
});

test("tailscale debug netmap: the filter, peers with what they serve, and DNS", () => {
  const netmap = parseNetmap(printed("router", "tailscale debug netmap"));
  expect(netmap.packetFilter.length).toBeGreaterThan(0);
  expect(netmap.peers.map(({ hostname }) => hostname)).toEqual(["laptop"]);

  expect(netmap.dns.isMagic).toBe(true);
});

test("nstat: a counter, or no value", () => {
  expect(parseNstat("#kernel\nTcpExtIPReversePathFilter       198                0.0\n")).toBe(198);
  expect(() => parseNstat("#kernel\n")).toThrow();
});

test("a prefix covers addresses and narrower prefixes of its family", () => {
  expect(covers("10.20.0.0/24", "10.20.0.30")).toBe(true);
  expect(covers("10.20.0.0/24", "10.20.0.0/16")).toBe(false);
  expect(covers("0.0.0.0/0", "fd7a::1")).toBe(false);
  expect(covers("fd7a:115c:a1e0::/48", "fd7a:115c:a1e0::5")).toBe(true);
  expect(covers("nonsense", "10.0.0.1")).toBe(false);
});

test("a netmap of before 1.78 has home relays too", () => {
  const { peers } = parseNetmap(JSON.stringify({ Peers: [{ Name: "a.", DERP: "127.3.3.40:4" }] }));
  expect(peers[0]?.homeRelay).toBe(4);
});

test("users and nodes' users of Headscale may have an address alone", () => {
  const user = { id: 2, email: "anne@example.com", provider: "oidc" };
  expect(parseUsers(JSON.stringify([{ name: "bob" }, user]))).toEqual([
    { id: "", name: "bob" },
    { id: "2", name: "anne@example.com" },
  ]);
  const [node] = parseHeadscaleNodes(
    JSON.stringify([{ id: 1, name: "pc", given_name: "pc", user }]),
  );
  expect(node?.user).toBe("anne@example.com");
});

test("tailscale status with no more than what counts", () => {
  const { self } = parseStatus(
    '{"BackendState": "Running", "Self": {"HostName": "pc", "DNSName": "pc.", "Online": true}}',
  );
  expect(self).toMatchObject({ name: "pc", addresses: [], exitNode: false });
});
