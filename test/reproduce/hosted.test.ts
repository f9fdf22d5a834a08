import { expect, test } from "vitest";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { folderSource } from "../../lab/evidence/folder.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { readFacts } from "../../lab/reproduce/read-facts.ts";
import { reproduce } from "../../lab/reproduce/reproduce.ts";
import { folderWith } from "../evidence/folder-with.ts";

/** Of a tailnet at Tailscale's own control server, as `tailscale status --json` prints it. */
const domain = "tail1a2b3.ts.net";
let number = 0;
function peer(hostname: string, dnsName: string, more: object = {}) {
  number += 1;
  return {
    PublicKey: `nodekey:${String(number).padStart(64, "0")}`,
    HostName: hostname,
    DNSName: dnsName === "" ? "" : `${dnsName}.`,
    UserID: 1,
    TailscaleIPs: [`100.80.0.${number}`],
    Addrs: null,
    CurAddr: "",
    Relay: "fra",
    RxBytes: 0,
    TxBytes: 0,
    Online: true,
    ExitNode: false,
    ExitNodeOption: false,
    Active: false,
    ...more,
  };
}

type Peer = ReturnType<typeof peer>;
const status = (self: Peer, ...peers: Peer[]) =>
  JSON.stringify({
    BackendState: "Running",
    Self: self,
    Peer: Object.fromEntries(peers.map((each) => [each.PublicKey, each])),
    MagicDNSSuffix: domain,
    User: { 1: { LoginName: "anne@github" } },
  });
const self = peer("ANNE-PC", `anne-pc.${domain}`);

async function seenIn(files: Record<string, string>) {
  const seen = await lookAtTailnet(await folderSource(folderWith(files)));
  const { declaration, leftOut } = reproduce(readFacts(seen), {
    lab: "again",
    policyFile: "policy.hujson",
  });
  const { findings } = diagnose(seen);
  return { found: findings.map(({ code, node }) => `${code} ${node}`), declaration, leftOut };
}

test("names that are alike and no trouble: phones, Funnel's, those of another tailnet", async () => {
  const { found, declaration, leftOut } = await seenIn({
    "pc/status.json": status(
      self,
      peer("localhost", `annes-iphone.${domain}`),
      peer("localhost", `bobs-pixel.${domain}`),
      peer("funnel-ingress-node", ""),
      peer("funnel-ingress-node", ""),
      peer("nas", "nas.tail99ff.ts.net"),
      peer("nas", `nas.${domain}`),
    ),
  });
  expect(found).toEqual([]);
  expect(Object.keys(declaration.nodes)).toEqual([
    "anne-pc",
    "annes-iphone",
    "bobs-pixel",
    "nas",
    "nas-2",
  ]);
  expect(declaration.faults).toBeUndefined();
  expect(leftOut).toEqual([expect.stringMatching(/^2 machines of Tailscale's Funnel/)]);
});

test("three that call themselves alike are one trouble, and faults of two", async () => {
  const { found, declaration } = await seenIn({
    "pc/status.json": status(
      self,
      ...["web", "web-1", "web-2"].map((name) => peer("web", `${name}.${domain}`)),
    ),
  });
  expect(found).toEqual(["TL209 web"]);
  expect(declaration.faults).toEqual([
    { kind: "duplicate-hostname", node: "web-1", of: "web" },
    { kind: "duplicate-hostname", node: "web-2", of: "web" },
  ]);
});

test("of Mullvad's exit nodes a lab has the one that is used", async () => {
  const mullvad = (name: string, more = {}) =>
    peer(name, `${name}.mullvad.ts.net`, { ExitNodeOption: true, ...more });
  const { declaration, leftOut } = await seenIn({
    "pc/status.json": status(
      self,
      mullvad("se-sto-wg-001", { ExitNode: true }),
      mullvad("de-ber-wg-001"),
    ),
  });
  expect(declaration.nodes).toMatchObject({
    "anne-pc": { useExitNode: "se-sto-wg-001" },
    "se-sto-wg-001": { exitNode: true },
  });
  expect(Object.keys(declaration.nodes)).toHaveLength(2);
  expect(leftOut).toEqual([expect.stringMatching(/^1 machines .* Mullvad/)]);
});

test("status alone tells of routes, and of a key that has expired", async () => {
  const { found, declaration } = await seenIn({
    "pc/status.json": status(
      self,
      peer("gate", `gate.${domain}`, { PrimaryRoutes: ["10.20.0.0/24"] }),
      peer("old", `old.${domain}`, { Expired: true, KeyExpiry: "2024-01-01T00:00:00Z" }),
    ),
  });
  expect(found).toEqual(["TL206 old"]);
  expect(declaration.nodes.gate).toMatchObject({ advertiseRoutes: ["10.20.0.0/24"] });
  expect(declaration.faults).toEqual([{ kind: "key-expired", node: "old" }]);
});

test("of two routers with one route, one alone serves it, and the other's is approved too", async () => {
  const node = (name: string, allowed: string[]) => ({
    Name: `${name}.${domain}.`,
    Addresses: [`100.80.1.${name.length}/32`],
    AllowedIPs: [`100.80.1.${name.length}/32`, ...allowed],
    Hostinfo: { Hostname: name, RoutableIPs: ["10.50.0.0/24"] },
    Tags: [`tag:${name}`],
  });
  const { declaration } = await seenIn({
    "pc/status.json": status(self),
    "pc/netmap.json": JSON.stringify({
      SelfNode: {
        Name: `anne-pc.${domain}.`,
        Addresses: self.TailscaleIPs,
        Endpoints: ["84.190.12.7:41641", "192.168.178.21:41641"],
      },
      Peers: [node("first", ["10.50.0.0/24"]), node("second", [])],
    }),
    "head/policy.hujson": JSON.stringify({
      grants: [],
      autoApprovers: { routes: { "10.0.0.0/8": ["tag:first", "tag:second"] } },
    }),
  });
  expect(declaration.nodes.second).toMatchObject({ advertiseRoutes: ["10.50.0.0/24"] });
  expect(declaration.faults).toBeUndefined();
  // Windows and macOS have no `ip`: what the node told control says where it is.
  expect(declaration.nodes["anne-pc"]).toMatchObject({ address: "192.168.178.21" });
});

test("Headscale before 0.26 lists nodes without their routes: peers tell of these", async () => {
  const gate = peer("gate", `gate.${domain}`, { PrimaryRoutes: ["10.20.0.0/24"] });
  const { declaration } = await seenIn({
    "pc/status.json": status(self, gate),
    "head/nodes.json": JSON.stringify([
      { id: 1, name: "gate", given_name: "gate", ip_addresses: gate.TailscaleIPs },
    ]),
  });
  expect(declaration.nodes.gate).toMatchObject({ advertiseRoutes: ["10.20.0.0/24"] });
});

test("IPv6 of the internet, by which two would be direct, is told to be missing", async () => {
  const { leftOut } = await seenIn({
    "pc/status.json": status(self),
    "pc/netcheck.json": JSON.stringify({
      UDP: true,
      IPv4: true,
      IPv6: true,
      GlobalV6: "[2a02:8071::1]:41641",
      PreferredDERP: 4,
    }),
  });
  expect(leftOut).toEqual([expect.stringMatching(/^lan-1: IPv6 of the internet/)]);
});
