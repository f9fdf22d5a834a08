import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { parse } from "jsonc-parser";
import { expect, test } from "vitest";
import { catalogue } from "../../lab/doctor/catalogue.ts";
import type { Socket } from "../../lab/evidence/sockets.ts";
import type { NodeFacts, TailnetFacts } from "../../lab/reproduce/facts.ts";
import { ownLoopbackPorts, publishedPorts } from "../../lab/reproduce/published.ts";
import { type Reproduction, reproduce } from "../../lab/reproduce/reproduce.ts";
import { loopbackPorts, servicePorts } from "../../lab/reproduce/sockets.ts";
import { withoutFault } from "../../lab/reproduce/without-fault.ts";
import { writeReproduction } from "../../lab/reproduce/write.ts";
import { topologyYaml } from "../../lab/reproduce/yaml.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { loadTopology } from "../../lab/topology/load.ts";
import { folderWith } from "../evidence/folder-with.ts";

const seen = <Value>(value: Value, from = "a command on a machine") => ({ value, from });

let number = 0;
function node(name: string, facts: Partial<NodeFacts> = {}): NodeFacts {
  number += 1;
  return {
    name,
    isCaptured: true,
    tailnetAddresses: [`100.64.${number >> 8}.${number & 255}`],
    user: seen("alice"),
    ...facts,
  };
}

const behind = (publicAddress: string, address: string, length = 24): Partial<NodeFacts> => ({
  publicAddresses: seen([publicAddress]),
  lan: seen({ address, length }),
});

function made(nodes: NodeFacts[], facts: Partial<TailnetFacts> = {}): Reproduction {
  return reproduce(
    { nodes, hosts: [], outages: { resolvers: [], relays: [] }, unread: [], ...facts },
    { lab: "again", policyFile: "policy.hujson" },
  );
}

function declared(nodes: NodeFacts[], facts: Partial<TailnetFacts> = {}) {
  const { declaration } = made(nodes, facts);
  const { policy: _policy, ...tailnet } = declaration.tailnet ?? {};
  return defineLab({ ...declaration, tailnet });
}

test("who shares a public address and a LAN shares a NAT; others with the same range don't", () => {
  const { nodes, networks } = declared([
    node("laptop", { ...behind("31.10.5.9", "192.168.1.20"), mappingVaries: seen(false) }),
    node("tablet", behind("31.10.5.9", "192.168.1.21")),
    node("phone", { ...behind("31.10.5.10", "192.168.1.20"), mappingVaries: seen(true) }),
    node("desktop", behind("31.10.5.9", "10.0.0.5", 8)),
  ]);
  expect(nodes.tablet?.network).toBe(nodes.laptop?.network);
  expect(new Set(Object.values(nodes).map(({ network }) => network)).size).toBe(3);
  expect(networks[nodes.laptop?.network ?? ""]).toEqual({ nat: "easy", lan: "192.168.1.0/24" });
  expect(networks[nodes.phone?.network ?? ""]).toEqual({ nat: "hard", lan: "192.168.1.0/24" });
  expect(networks[nodes.desktop?.network ?? ""]).toMatchObject({ lan: "10.0.0.0/8" });
  expect(nodes.laptop?.address).toBe("192.168.1.20");
});

test("a public address of its own is on the internet", () => {
  const { nodes } = declared([
    node("vps", behind("31.10.5.9", "31.10.5.9", 22)),
    node("other", { lan: seen({ address: "31.10.6.9", length: 24 }) }),
  ]);
  expect(Object.values(nodes).map(({ network }) => network)).toEqual(["internet", "internet"]);
});

test("what was not seen is assumed, and said so; a LAN that a lab can't have is another", () => {
  const { declaration, notes } = made([
    node("bare", { user: undefined as never }),
    node("carrier", behind("31.10.5.9", "100.64.3.4", 10)),
    node("gateway", behind("31.10.5.10", "192.168.1.1")),
  ]);
  const topology = defineLab(declaration);
  expect(topology.nodes.bare).toMatchObject({ user: "somebody" });
  const lans = Object.values(topology.networks).map(({ lan }) => lan);
  expect(new Set(lans).size).toBe(3);
  expect(topology.nodes.gateway?.address).toBeUndefined();
  const text = [...notes.values()].join("\n");
  expect(text).toContain("assumed: a LAN of its own: its IPv4 addresses were not seen");
  expect(text).toContain("assumed: a LAN of its own: the lab can't have 100.64.0.0/10");
  expect(text).toContain("assumed: no netcheck tells whether its mapping varies");
  expect(text).toContain("assumed: another address than 192.168.1.1, which is the router's here");
});

test("names are made valid, each another one; nobody's exit node is left out", () => {
  const { declaration, leftOut } = made([
    node("control"),
    node("Kate's iPhone"),
    node("kate-s-iphone"),
    node("x".repeat(60)),
    node("laptop", { exitNode: seen("gone") }),
  ]);
  const names = Object.keys(defineLab(declaration).nodes);
  expect(names).toEqual([
    "node-control",
    "kate-s-iphone",
    "kate-s-iphone-2",
    "x".repeat(32),
    "laptop",
  ]);
  expect(leftOut).toContainEqual(expect.stringContaining("laptop: it uses gone as exit node"));
});

test("preferences, routes, exit nodes and services", () => {
  const exit = node("exit", {
    ...behind("31.10.5.9", "31.10.5.9"),
    tags: seen(["tag:exit"]),
    advertised: seen(["0.0.0.0/0", "::/0", "10.1.0.0/16", "100.64.9.0/24"]),
  });
  const { declaration, leftOut } = made([
    exit,
    node("laptop", {
      acceptRoutes: seen(true),
      acceptDns: seen(false),
      snat: seen(false),
      exitNode: seen(exit.tailnetAddresses[0] ?? ""),
      allowLanAccess: seen(true),
      listening: seen([
        { protocol: "tcp", port: 22 },
        { protocol: "udp", port: 41_641 },
        { protocol: "udp", port: 514 },
        { protocol: "tcp", port: 8080 },
      ]),
    }),
  ]);
  const { nodes } = defineLab({ ...declaration, tailnet: {} });
  expect(nodes.exit).toMatchObject({
    tags: ["tag:exit"],
    exitNode: true,
    advertiseRoutes: ["10.1.0.0/16"],
  });
  expect(nodes.laptop).toMatchObject({
    acceptRoutes: true,
    acceptDns: false,
    snatSubnetRoutes: false,
    useExitNode: "exit",
    allowLanAccess: true,
    services: [
      { kind: "tcp-echo", port: 22 },
      { kind: "udp-echo", port: 514 },
      { kind: "http", port: 8080 },
    ],
  });
  expect(leftOut).toContainEqual(expect.stringContaining("the route 100.64.9.0/24"));
});

test("machines that the policy, records and split DNS name are hosts in the LAN that they are in", () => {
  const { declaration, leftOut } = made([node("gate", behind("31.10.5.9", "10.20.0.5"))], {
    policy: seen(
      '{ "hosts": { "printer": "10.20.0.30", "far": "10.99.0.1" }, "grants": [{ "src": ["*"], "dst": ["printer"], "ip": ["tcp:9100", "udp:161"] }] }',
    ),
    splitDns: seen({
      "corp.internal": ["10.20.0.53"],
      lan: ["10.20.0.53"],
      "mesh.internal": ["100.64.0.9"],
    }),
    extraRecords: seen([
      { name: "nas.tailnet.lab", type: "A", value: "10.20.0.40" },
      { name: "gate.tailnet.lab", type: "A", value: "10.20.0.5" },
    ]),
    nameservers: seen(["1.1.1.1", "10.20.0.53"]),
    magicDns: seen(false),
    domain: seen("tailnet.lab"),
  });
  const { nodes, tailnet } = defineLab({
    ...declaration,
    tailnet: { ...declaration.tailnet, policy: {} },
  });
  expect(nodes.printer).toMatchObject({
    kind: "host",
    address: "10.20.0.30",
    services: [
      { kind: "udp-echo", port: 161 },
      { kind: "tcp-echo", port: 9100 },
    ],
  });
  expect(nodes.far).toBeUndefined();
  expect(nodes.nas).toMatchObject({ kind: "host", address: "10.20.0.40" });
  expect(nodes["dns-10-20-0-53"]).toMatchObject({
    kind: "host",
    services: [{ kind: "dns", domain: "corp.internal" }],
  });
  expect(tailnet.dns).toMatchObject({
    magicDns: false,
    nameservers: ["internet", "10.20.0.53"],
    splitDns: { "corp.internal": ["10.20.0.53"], lan: ["10.20.0.53"] },
  });
  expect(tailnet.dns.extraRecords).toEqual([
    { name: "nas.tailnet.lab", type: "A", value: "10.20.0.40" },
  ]);
  expect(leftOut).toEqual([
    expect.stringContaining("split DNS for mesh.internal"),
    expect.stringContaining("the record gate.tailnet.lab"),
  ]);
});

test("the policy has its users by name, owners for all tags, and what was approved by hand", () => {
  const { policyText = "" } = made(
    [
      node("gate", {
        tags: seen(["tag:router", "tag:new"]),
        advertised: seen(["10.20.0.0/24", "10.30.0.0/24"]),
        approved: seen(["10.20.0.0/24", "10.30.0.0/24"]),
      }),
    ],
    {
      policy: seen(`{
        // who may what
        "groups": { "group:staff": ["Alice.Smith@example.com"] },
        "tagOwners": { "tag:router": ["group:staff"] },
        "acls": [{ "action": "accept", "src": ["alice.smith@example.com"], "dst": ["alice.smith@example.com:22"] }],
        "autoApprovers": { "routes": { "10.20.0.0/16": ["tag:router"] } },
        "tests": [{ "src": "bob@example.com", "accept": ["nobody:1"] }],
      }`),
    },
  );
  expect(policyText).toContain("// who may what");
  expect(parse(policyText, [], { allowTrailingComma: true })).toEqual({
    groups: { "group:staff": ["alice.smith@"] },
    tagOwners: { "tag:router": ["group:staff"], "tag:new": [] },
    acls: [{ action: "accept", src: ["alice.smith@"], dst: ["alice.smith@:22"] }],
    autoApprovers: { routes: { "10.20.0.0/16": ["tag:router"], "10.30.0.0/24": ["tag:router"] } },
  });
});

test("users of two domains with one name stay two, in nodes and in the policy", () => {
  const { declaration, policyText = "" } = made(
    [
      node("laptop", { user: seen("alice@a.com") }),
      node("phone", { user: seen("alice@b.org") }),
      node("tv", { user: seen("bob@b.org") }),
      node("gate", {
        user: seen("Alice@b.org"),
        advertised: seen(["10.20.0.0/24", "10.30.0.0/24"]),
        approved: seen(["10.20.0.0/24"]),
      }),
    ],
    {
      policy: seen(`{
        "acls": [{ "action": "accept", "src": ["alice@a.com", "bob@"], "dst": ["alice@b.org:22"] }],
        "autoApprovers": { "routes": { "10.0.0.0/8": ["Alice@b.org"] } },
      }`),
    },
  );
  expect(
    Object.values(declaration.nodes).map((each) => each.kind === "tailscale" && each.user),
  ).toEqual(["alice", "alice-b.org", "bob", "alice-b.org"]);
  expect(parse(policyText, [], { allowTrailingComma: true })).toEqual({
    acls: [{ action: "accept", src: ["alice@", "bob@"], dst: ["alice-b.org@:22"] }],
    autoApprovers: { routes: { "10.0.0.0/8": ["alice-b.org@"] } },
  });
  expect(declaration.faults).toEqual([
    { kind: "route-unapproved", node: "gate", route: "10.30.0.0/24" },
  ]);
});

test("relays that are left out are said to be homes where they are", () => {
  const relays = ["a", "b", "c", "d", "e", "f"].map((code) => ({ code, name: code }));
  const homes = (...codes: string[]) =>
    made(
      codes.map((code) => node(`at-${code}`, { homeRelay: seen(code) })),
      { relays: seen(relays) },
    ).leftOut;
  expect(homes("a", "b")).toEqual([
    expect.stringContaining("4 relays (a command on a machine) that are no node's home"),
  ]);
  expect(homes("a", "b", "c", "d", "e")).toEqual([
    expect.stringContaining("2 relays (a command on a machine), of which 1 is the home of nodes"),
  ]);
});

test("without a policy there is none, unless something needs one", () => {
  expect(made([node("laptop")]).policyText).toBeUndefined();
  const { policyText = "" } = made([
    node("exit", {
      approved: seen(["0.0.0.0/0", "::/0"]),
      advertised: seen(["0.0.0.0/0", "::/0"]),
    }),
  ]);
  expect(parse(policyText)).toEqual({
    grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
    autoApprovers: { exitNode: ["alice@"] },
  });
});

test("UDP that does not pass, and a route that lost its approval, are faults", () => {
  const { declaration, notes } = made(
    [
      node("laptop", { ...behind("31.10.5.9", "192.168.1.20"), udp: seen(false) }),
      node("tablet", { ...behind("31.10.5.10", "192.168.1.20"), udp: seen(false) }),
      node("tv", { ...behind("31.10.5.10", "192.168.1.21"), udp: seen(true) }),
      node("vps", { ...behind("31.10.5.11", "31.10.5.11"), udp: seen(false) }),
      node("gate", {
        tags: seen(["tag:router"]),
        advertised: seen(["10.20.0.0/24", "10.30.0.0/24"]),
        approved: seen([]),
      }),
    ],
    {
      policy: seen(
        '{ "tagOwners": { "tag:router": [] }, "autoApprovers": { "routes": { "10.20.0.0/16": ["tag:router"] } } }',
      ),
    },
  );
  const { faults } = defineLab({ ...declaration, tailnet: {} });
  expect(faults).toMatchObject([
    { kind: "udp-blocked", at: declaration.nodes.laptop?.network },
    { kind: "udp-blocked", at: "tablet" },
    { kind: "udp-blocked", at: "vps" },
    { kind: "route-unapproved", node: "gate", route: "10.20.0.0/24" },
  ]);
  expect([...notes.values()].join()).toContain("10.20.0.0/24 advertised");
});

test("a service on loopback alone, and a hostname that two have, are faults", () => {
  const { declaration } = made([
    node("laptop", { namedAfter: "laptop" }),
    node("laptop-1", { namedAfter: "laptop" }),
    node("server", {
      listening: seen([{ protocol: "tcp", port: 22 }]),
      loopback: seen([{ protocol: "tcp", port: 80 }]),
    }),
  ]);
  const { faults, nodes } = defineLab({ ...declaration, tailnet: {} });
  expect(faults).toMatchObject([
    { kind: "service-loopback-only", node: "server", port: 80 },
    { kind: "duplicate-hostname", node: "laptop-1", of: "laptop" },
  ]);
  expect(nodes.server?.kind === "tailscale" && nodes.server.services).toMatchObject([
    { port: 22 },
    { kind: "http", port: 80 },
  ]);
});

test("what tailscale serve publishes is for the tailnet only, and with nothing behind it down", () => {
  const { declaration } = made([
    node("server", {
      published: seen([
        { port: 80, isHttp: false, isMissing: false },
        { port: 8443, isHttp: true, isMissing: true },
        { port: 22, isHttp: false, isMissing: false },
      ]),
    }),
  ]);
  const { faults, nodes } = defineLab({ ...declaration, tailnet: {} });
  expect(nodes.server?.services).toEqual([
    { kind: "tcp-echo", port: 22, tailnetOnly: true },
    { kind: "http", port: 80, tailnetOnly: true },
    { kind: "http", port: 8443, tailnetOnly: true },
  ]);
  expect(faults).toMatchObject([{ kind: "service-down", node: "server", port: 8443 }]);
});

test("ports behind tailscale serve are no services of loopback", () => {
  const listens = (address: string, port: number): Socket => ({
    protocol: "tcp",
    address,
    port,
    program: "nginx",
    waiting: 0,
    backlog: 511,
    line: "",
  });
  const all = [listens("127.0.0.1", 3000), listens("127.0.0.1", 80), listens("0.0.0.0", 8080)];
  const evidence = { node: "server", argv: [], exitCode: 0, stdout: "", stderr: "", at: "" };
  const serve = (port: number, backend: number) => ({
    port,
    backend: { host: "127.0.0.1", port: backend },
    line: `"Proxy": "http://127.0.0.1:${backend}"`,
  });
  const machine = {
    sockets: { kind: "seen", value: all, evidence },
    // Of the last its own port is open to all.
    serve: { kind: "seen", value: [serve(443, 3000), serve(90, 91), serve(8080, 80)], evidence },
  } as never;
  expect(ownLoopbackPorts(machine)?.value).toEqual([]);
  expect(publishedPorts(machine)?.value).toEqual([
    { port: 443, isHttp: true, isMissing: false },
    { port: 90, isHttp: true, isMissing: true },
  ]);
});

test("what is wrong with a node by its own word, and what its firewall drops, are faults", () => {
  const { declaration, notes } = made([
    node("laptop", {
      faults: [seen("key-expired", "tailscale status on laptop")],
      listening: seen([{ protocol: "tcp", port: 80 }]),
      blocked: seen([{ protocol: "tcp", port: 80 }], "nft on laptop"),
    }),
  ]);
  expect(defineLab({ ...declaration, tailnet: {} }).faults).toMatchObject([
    { kind: "key-expired", node: "laptop" },
    { kind: "host-firewall", node: "laptop", protocol: "tcp", port: 80 },
  ]);
  expect([...notes.values()].join()).toContain(
    "key-expired of laptop (tailscale status on laptop)",
  );
});

test("sockets of loopback: none that is open to others too, and no stub of a resolver", () => {
  const socket = (address: string, port: number, program = "nginx"): Socket => ({
    protocol: "tcp",
    address,
    port,
    program,
    waiting: 0,
    backlog: 511,
    line: "",
  });
  const sockets = [
    socket("127.0.0.1", 80),
    socket("127.0.0.1", 443),
    socket("0.0.0.0", 443),
    socket("127.0.0.53", 53, "systemd-resolve"),
    socket("127.0.0.1", 9000, "tailscaled"),
    socket("127.0.0.11", 35_899, ""),
  ];
  expect(loopbackPorts(sockets)).toEqual([{ protocol: "tcp", port: 80 }]);
  expect(servicePorts(sockets)).toEqual([{ protocol: "tcp", port: 443 }]);
});

test("no services: the UDP ports of what asked while the capture was made", () => {
  const socket = (port: number, program: string | undefined): Socket => ({
    protocol: "udp",
    address: "0.0.0.0",
    port,
    program,
    waiting: 0,
    backlog: 0,
    line: "",
  });
  const sockets = [
    socket(47_366, "tailscale"),
    socket(55_946, "dig"),
    // Whose ports they are, who is no root does not see.
    socket(41_641, undefined),
    socket(1194, undefined),
    socket(51_820, "wg-proxy"),
  ];
  expect(servicePorts(sockets).map(({ port }) => port)).toEqual([1194, 51_820]);
});

test("of many relays those that are somebody's home; of one, two", () => {
  const relays = Array.from({ length: 30 }, (_, index) => ({
    code: `r${index}`,
    name: `Region ${index}`,
  }));
  const many = declared([node("a", { homeRelay: seen("r7") })], { relays: seen(relays) });
  expect(Object.keys(many.relays)).toEqual(["r7", "r0"]);
  const one = declared([node("a")], { relays: seen([{ code: "own", name: "" }]) });
  expect(Object.keys(one.relays)).toHaveLength(2);
});

test("what is written can be loaded, and says for each line where it is from", async () => {
  const folder = folderWith();
  const file = path.join(folder, "lab.yaml");
  const reproduction = reproduce(
    {
      nodes: [
        node("laptop", {
          ...behind("31.10.5.9", "192.168.1.20"),
          mappingVaries: seen(true, "netcheck on laptop"),
          tags: seen(["tag:x"]),
        }),
      ],
      hosts: [],
      outages: { resolvers: [], relays: [] },
      unread: ["what can't be read: tailscale debug netmap on laptop: cut off\nin two lines"],
    },
    { lab: "Of A Folder", policyFile: "lab.policy.hujson" },
  );
  const origin = {
    folder: "evidence",
    findings: [
      { code: "TL103", line: "TL103 route-not-approved on router: a route\nis not approved" },
      { code: "TL308", line: "TL308 captive-portal on laptop: a portal answers" },
    ],
  };
  const { files } = await writeReproduction(reproduction, file, origin);
  expect(files).toEqual([file, path.join(folder, "lab.policy.hujson")]);
  const { topology } = await loadTopology(file);
  expect(topology.name).toBe("of-a-folder");
  const text = topologyYaml(reproduction, origin);
  expect(text).toContain(
    "nat: hard # saw: MappingVariesByDestIP true (netcheck on laptop), of one NAT or of several in a row",
  );
  expect(text).toContain(
    "# - what can't be read: tailscale debug netmap on laptop: cut off in two lines",
  );
  expect(text).toContain("# - TL103 route-not-approved on router: a route is not approved\n");
  expect(text).toContain(
    "can't have it:\n# - TL308 captive-portal on laptop: a portal answers: no fault is a captive portal",
  );
  await expect(writeReproduction(reproduction, file, origin)).rejects.toMatchObject({
    name: "OutputTaken",
  });
  // Neither of the two is written where one of them is there.
  await rm(file);
  await expect(writeReproduction(reproduction, file, origin)).rejects.toMatchObject({
    name: "OutputTaken",
    where: path.join(folder, "lab.policy.hujson"),
  });
  expect(existsSync(file)).toBe(false);
});

test("only causes of the catalogue are said to have no fault", () => {
  const known = catalogue.map(({ code }) => code);
  expect([...withoutFault.keys()].filter((code) => !known.includes(code))).toEqual([]);
});

test("evidence that tells of no node is an error", () => {
  expect(() => made([])).toThrow(expect.objectContaining({ name: "EvidenceUnreadable" }));
});

test("a network that lets nothing out is cut off; one whose machine filters strictly itself is not", () => {
  const silent = { udp: seen(false), isCutOff: seen(true as const) };
  const faults = (...facts: Partial<NodeFacts>[]) =>
    declared(
      facts.map((each, index) =>
        node(`n${index}`, { ...behind("31.10.5.9", `192.168.1.${20 + index}`), ...each }),
      ),
    ).faults;
  const network = expect.stringMatching(/^lan-/);
  expect(faults(silent, silent)).toMatchObject([
    { kind: "cut", between: [network, "internet"], protocol: "all" },
  ]);
  expect(faults(silent, { udp: seen(true) })).toMatchObject([
    { kind: "cut", between: ["n0", "internet"] },
  ]);
  expect(faults(silent, { udp: seen(false) })).toEqual([{ kind: "udp-blocked", at: network }]);
  expect(faults({ udp: seen(false), faults: [seen("rp-filter")] })).toEqual([
    { kind: "rp-filter", node: "n0" },
  ]);
  const vps = node("vps", { ...behind("31.10.5.9", "31.10.5.9"), ...silent });
  expect(declared([vps]).faults).toEqual([{ kind: "udp-blocked", at: "vps" }]);
});

test("a link that takes small packets alone has the MTU that it tells, else one that is assumed", () => {
  const { declaration, notes } = made([
    node("laptop", {
      ...behind("31.10.5.9", "192.168.1.20"),
      smallMtu: seen({ bytes: 1300 }),
    }),
    node("tablet", { ...behind("31.10.5.9", "192.168.1.21"), smallMtu: seen(null) }),
    node("phone", { ...behind("31.10.5.10", "192.168.1.20"), smallMtu: seen({}) }),
  ]);
  const lan = declaration.nodes.phone?.network;
  expect(declaration.faults).toEqual([
    { kind: "mtu", at: "laptop", bytes: 1300, icmp: true },
    { kind: "mtu", at: lan, bytes: 1200 },
  ]);
  expect([...notes.values()].join("\n")).toContain("assumed: that up to 1200 bytes pass");
});

test("what answers nobody is out for all, and what some places don't reach is so for them", () => {
  const relays = seen([
    { code: "fra", name: "Frankfurt" },
    { code: "nyc", name: "New York" },
  ]);
  const faultsOf = (facts: Partial<TailnetFacts>, nodes: NodeFacts[] = [node("laptop")]) =>
    declared(nodes, { relays, ...facts }).faults;
  const outages = (all: Partial<TailnetFacts["outages"]>) => ({
    outages: { resolvers: [], relays: [], ...all },
  });
  const noUdp = { ...behind("31.10.5.9", "192.168.1.20"), udp: seen(false) };
  expect(faultsOf(outages({ control: seen(true) }))).toEqual([{ kind: "control-down" }]);
  expect(
    faultsOf(
      outages({
        relays: [
          seen({ region: "fra", how: "no-tcp" }),
          seen({ region: "nyc", how: "certificate-not-yet-valid" }),
          seen({ region: "elsewhere", how: "silent" }),
        ],
      }),
    ),
  ).toEqual([
    { kind: "relay-tcp-blocked", region: "fra" },
    { kind: "relay-untrusted", region: "nyc", certificate: "not-yet-valid" },
  ]);
  // Without a relay nobody tells whether UDP passes.
  const silent = ["fra", "nyc"].map((region) => seen({ region, how: "silent" as const }));
  expect(faultsOf(outages({ relays: silent }), [node("laptop", noUdp)])).toEqual([
    { kind: "relay-down", region: "fra" },
    { kind: "relay-down", region: "nyc" },
  ]);
  expect(faultsOf(outages({ relays: silent.slice(0, 1) }), [node("laptop", noUdp)])).toHaveLength(
    2,
  );
  // The second relay is the lab's own.
  expect(
    faultsOf(
      { ...outages({ relays: silent.slice(0, 1) }), relays: seen(relays.value.slice(0, 1)) },
      [node("laptop", noUdp)],
    ),
  ).toEqual([{ kind: "relay-down", region: "fra" }]);
  const some = [
    node("laptop", {
      ...behind("31.10.5.9", "192.168.1.20"),
      isWithoutControl: seen(true),
      relaysOut: seen([{ region: "fra", how: "silent" }]),
    }),
    node("phone", {
      ...behind("31.10.5.10", "192.168.1.20"),
      relaysOut: seen([{ region: "nyc", how: "no-tcp" }]),
    }),
  ];
  const [lan1, lan2] = [expect.stringMatching(/^lan-1$/), expect.stringMatching(/^lan-2$/)];
  expect(faultsOf({}, some)).toMatchObject([
    { kind: "control-unreachable", node: "laptop" },
    { kind: "cut", between: [lan1, "derp-fra"] },
    { kind: "relay-tcp-blocked", region: "nyc", at: lan2 },
  ]);
  const out = (address: string, region: string) => ({
    ...behind("31.10.5.9", address),
    relaysOut: seen([{ region, how: "silent" as const }]),
  });
  const inOneLan = [
    node("laptop", out("192.168.1.20", "fra")),
    node("tablet", out("192.168.1.21", "nyc")),
  ];
  expect(faultsOf({}, inOneLan)).toMatchObject([
    { kind: "cut", between: ["laptop", "derp-fra"] },
    { kind: "cut", between: ["tablet", "derp-nyc"] },
  ]);
});

test("a LAN within the tailnet's range is around a machine behind a router alone", () => {
  const sharedLan = seen("100.72.0.0/24");
  const vps = node("vps", { ...behind("31.10.5.9", "31.10.5.9"), sharedLan });
  const laptop = node("laptop", { ...behind("31.10.5.10", "192.168.1.20"), sharedLan });
  const { declaration, leftOut } = made([vps, laptop]);
  expect(defineLab({ ...declaration, tailnet: {} }).faults).toEqual([
    { kind: "cgnat-collision", node: "laptop", prefix: "100.72.0.0/24" },
  ]);
  expect(leftOut).toContainEqual(expect.stringContaining("vps: a LAN of 100.72.0.0/24"));
});

test("a silent resolver is down where the lab has it, and the internet's where all that it stands for are", () => {
  const laptop = node("laptop", behind("31.10.5.9", "192.168.1.20"));
  const faultsOf = (silent: string[]) =>
    declared([laptop], {
      nameservers: seen(["9.9.9.9", "1.1.1.1"]),
      splitDns: seen({ "corp.internal": ["192.168.1.53"] }),
      outages: { relays: [], resolvers: silent.map((each) => seen(each)) },
    }).faults;
  expect(faultsOf(["192.168.1.53"])).toEqual([
    { kind: "dns-server-down", server: "dns-192-168-1-53" },
  ]);
  expect(faultsOf(["9.9.9.9"])).toEqual([]);
  expect(faultsOf(["9.9.9.9", "1.1.1.1"])).toEqual([
    { kind: "dns-server-down", server: "internet" },
  ]);
});

test("a cloud's machine, whose prefix is its own address, has a LAN with room", () => {
  const { declaration, notes } = made([
    node("vm-1", behind("34.1.2.3", "10.128.0.2", 32)),
    node("vm-2", behind("34.1.2.3", "10.128.0.3", 32)),
    node("odd", behind("34.1.2.4", "10.9.0.255", 24)),
  ]);
  const { nodes, networks } = defineLab({ ...declaration, tailnet: {} });
  expect(nodes["vm-1"]).toMatchObject({ network: "lan-1", address: "10.128.0.2" });
  expect(nodes["vm-2"]).toMatchObject({ network: "lan-1", address: "10.128.0.3" });
  expect(networks["lan-1"]).toMatchObject({ lan: "10.128.0.0/24" });
  expect(nodes.odd?.address).toBeUndefined();
  expect([...notes.values()]).toContainEqual(expect.stringContaining("a wider range than /32"));
});

test("of hundreds of nodes a lab has those that were captured, and who serves routes", () => {
  const known = { isCaptured: false };
  const { declaration, leftOut } = made([
    ...Array.from({ length: 300 }, (_, index) => node(`peer-${index}`, known)),
    node("wide", behind("31.10.5.9", "192.168.0.9", 16)),
    node("gate", { ...known, advertised: seen(["10.20.0.0/24"]) }),
  ]);
  const { nodes } = defineLab({ ...declaration, tailnet: {} });
  expect(Object.keys(nodes)).toHaveLength(100);
  expect(nodes).toHaveProperty("wide");
  expect(nodes).toHaveProperty("gate");
  expect(leftOut).toEqual([expect.stringMatching(/^202 nodes that others know/)]);
});

test("machines of which no address was seen have a LAN each, also where one has all of 192.168", () => {
  const { declaration } = made([
    ...Array.from({ length: 60 }, (_, index) => node(`peer-${index}`)),
    node("wide", behind("31.10.5.9", "192.168.0.9", 16)),
  ]);
  const { networks } = defineLab({ ...declaration, tailnet: {} });
  expect(new Set(Object.values(networks).map(({ lan }) => lan)).size).toBe(61);
});

test("an exit node that uses another one offers itself alone in a lab", () => {
  const offers = { advertised: seen(["0.0.0.0/0", "::/0"]) };
  const { declaration, leftOut } = made([
    node("one", offers),
    node("two", { ...offers, exitNode: seen("one") }),
  ]);
  expect(defineLab({ ...declaration, tailnet: {} }).nodes.two).toMatchObject({ exitNode: true });
  expect(leftOut).toEqual([
    expect.stringMatching(/^two: it uses one as exit node .* offers itself/),
  ]);
});

test("a resolver that asks MagicDNS again is the fault's own, and no service of its node", () => {
  const resolver = node("resolver", {
    ...behind("31.10.5.9", "192.168.1.20"),
    listening: seen([
      { protocol: "udp", port: 53 },
      { protocol: "tcp", port: 80 },
    ]),
  });
  const [address = ""] = resolver.tailnetAddresses;
  const { nodes, faults } = declared([resolver], {
    outages: { relays: [], resolvers: [], loop: seen(address) },
  });
  expect(faults).toEqual([{ kind: "dns-loop" }]);
  expect(nodes.resolver?.services).toEqual([expect.objectContaining({ port: 80 })]);
});
