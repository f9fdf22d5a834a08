import { describe, expect, test } from "vitest";
import type { LabDeclaration } from "../../lab/topology/index.ts";
import { declaration, faultsOf } from "./declaration.ts";

const tailscale = { kind: "tailscale", network: "home", user: "alice" } as const;
const host = { kind: "host", network: "home" } as const;
const home = { nat: "easy", lan: "192.168.1.0/24" } as const;
const node = (name: string, changes: object): LabDeclaration =>
  declaration({ nodes: { [name]: { ...tailscale, ...changes } } });
const plain = (name: string, changes: object): LabDeclaration =>
  declaration({ nodes: { [name]: { ...host, ...changes } } });
const network = (name: string, changes: object): LabDeclaration =>
  declaration({ networks: { [name]: { ...home, ...changes } } });
const machines = (count: number, where: string) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `machine-${index}`,
      { kind: "host", network: where } as const,
    ]),
  );

type Case = [what: string, given: LabDeclaration, issue: string];

function refuses(cases: Case[]): void {
  test.each(cases)("%s", (_, given, expected) => {
    expect(faultsOf(given)).toEqual([expected]);
  });
}

describe("names", () => {
  const reserved = "choose a name other than control, dns, internet, derp-… and router-…";
  refuses(
    ["control", "dns", "internet", "derp-fra", "router-home"].map((name) => [
      `a node named ${name}`,
      node(name, {}),
      `nodes.${name}: the name ${name} belongs to the lab's own machines; ${reserved}`,
    ]),
  );
  refuses([
    [
      "a network named internet",
      network("internet", {}),
      "networks.internet: the name internet means the simulated internet itself; choose another name; nodes may use network: internet without declaring it",
    ],
    [
      "an unknown network, with a near one",
      node("laptop", { network: "hone" }),
      "nodes.laptop.network: there is no network hone; did you mean home?",
    ],
    [
      "an unknown network, with none near",
      node("laptop", { network: "office" }),
      "nodes.laptop.network: there is no network office; write one of home, cloud, internet",
    ],
    [
      "neither user nor tags",
      declaration({ nodes: { laptop: { kind: "tailscale", network: "home" } } }),
      "nodes.laptop: nobody owns this node; give it a user, or tags",
    ],
    [
      "both user and tags",
      node("laptop", { tags: ["tag:server"] }),
      "nodes.laptop: a node is its user's or has tags, never both; leave out user or tags",
    ],
    [
      "one relay",
      declaration({ relays: { fra: {} } }),
      "relays: one relay is declared; declare two or more: clients tell a hard NAT by comparing two relays' answers",
    ],
    [
      "no relay",
      declaration({ relays: {} }),
      "relays: no relay is declared; declare two or more: clients tell a hard NAT by comparing two relays' answers",
    ],
  ]);

  test("a node may be called router, derp or anything else", () => {
    expect(faultsOf(declaration({ nodes: { router: tailscale, derper: tailscale } }))).toEqual([]);
  });
});

describe("networks", () => {
  const other = "take a private range such as 192.168.1.0/24 or 10.20.0.0/24";
  refuses([
    [
      "nat none with a LAN",
      network("lab", { nat: "none" }),
      "networks.lab.lan: nat none means public addresses, so there is no LAN; leave out lan, or set nat to easy or hard",
    ],
    [
      "nat none with an upstream",
      declaration({ networks: { lab: { nat: "none", upstream: "home" } } }),
      "networks.lab.upstream: nat none means public addresses, so there is no router and no upstream; leave out upstream, or set nat to easy or hard",
    ],
    [
      "nat easy without a LAN",
      declaration({ networks: { lab: { nat: "easy" } } }),
      "networks.lab.lan: nat easy needs a LAN; write a prefix such as 192.168.1.0/24, or set nat to none",
    ],
    [
      "nat hard without a LAN",
      declaration({ networks: { lab: { nat: "hard" } } }),
      "networks.lab.lan: nat hard needs a LAN; write a prefix such as 192.168.1.0/24, or set nat to none",
    ],
    [
      "host bits in a LAN",
      network("lab", { lan: "10.20.0.1/24" }),
      "networks.lab.lan: 10.20.0.1/24 has host bits set; did you mean 10.20.0.0/24?",
    ],
  ]);
  refuses(
    [
      ["198.18.4.0/24", "198.18.0.0/16, the simulated internet"],
      ["198.19.4.0/24", "198.19.0.0/16, the range that container addresses come from"],
      ["100.100.0.0/16", "100.64.0.0/10, the range of tailnet addresses"],
      ["127.0.0.0/24", "127.0.0.0/8, loopback"],
      ["169.254.7.0/24", "169.254.0.0/16, link-local"],
      ["239.0.0.0/24", "224.0.0.0/3, multicast and beyond"],
      ["0.0.0.0/0", "198.18.0.0/16, the simulated internet"],
    ].map(
      ([lan, reason]): Case => [
        `a LAN of ${lan}`,
        network("lab", { lan }),
        `networks.lab.lan: ${lan} overlaps ${reason}; ${other}`,
      ],
    ),
  );
});

describe("upstreams", () => {
  const inner = { nat: "easy", lan: "10.0.0.0/24" } as const;
  refuses([
    [
      "an unknown one",
      declaration({ networks: { inner: { ...inner, upstream: "hoem" } } }),
      "networks.inner.upstream: there is no network hoem; did you mean home?",
    ],
    [
      "a public network",
      declaration({ networks: { inner: { ...inner, upstream: "cloud" } } }),
      "networks.inner.upstream: cloud has nat none, so its machines are on the internet itself; leave out upstream: a router is on the internet by default",
    ],
    [
      "itself",
      declaration({ networks: { inner: { ...inner, upstream: "inner" } } }),
      "networks.inner.upstream: upstreams go round: inner → inner; leave out upstream in one of them, so that its router is on the internet",
    ],
    [
      "a cycle of three, told once, and not for what hangs on it",
      declaration({
        networks: {
          tail: { nat: "easy", lan: "10.4.0.0/24", upstream: "one" },
          one: { nat: "easy", lan: "10.1.0.0/24", upstream: "two" },
          two: { nat: "easy", lan: "10.2.0.0/24", upstream: "three" },
          three: { nat: "easy", lan: "10.3.0.0/24", upstream: "one" },
        },
      }),
      "networks.one.upstream: upstreams go round: one → two → three → one; leave out upstream in one of them, so that its router is on the internet",
    ],
    [
      "the same subnet as its own",
      network("inner", { upstream: "home" }),
      "networks.inner.lan: 192.168.1.0/24 overlaps 192.168.1.0/24 of its upstream home; a router can't have both; take another prefix for one of them",
    ],
    [
      "a subnet around its own",
      declaration({
        networks: {
          carrier: { nat: "hard", lan: "10.0.0.0/8" },
          inner: { ...inner, upstream: "carrier" },
        },
      }),
      "networks.inner.lan: 10.0.0.0/24 overlaps 10.0.0.0/8 of its upstream carrier; a router can't have both; take another prefix for one of them",
    ],
  ]);
});

describe("capacity", () => {
  refuses([
    [
      "a LAN with no room, not even for its router",
      network("lab", { lan: "10.0.0.0/32" }),
      "networks.lab.lan: 10.0.0.0/32 has room for no machines, but 1 are in it, routers counted; take a prefix of at most /30",
    ],
    [
      "a LAN too small for its nodes and a nested router",
      declaration({
        networks: {
          small: { nat: "easy", lan: "10.0.0.0/29" },
          inner: { nat: "easy", lan: "10.1.0.0/24", upstream: "small" },
        },
        nodes: machines(5, "small"),
      }),
      "networks.small.lan: 10.0.0.0/29 has room for 6 machines, but 7 are in it, routers counted; take a prefix of at most /28",
    ],
    [
      "more machines than a segment has addresses",
      declaration({
        networks: { big: { nat: "easy", lan: "10.0.0.0/16" } },
        nodes: machines(253, "big"),
      }),
      "networks.big: 254 machines, routers counted; one segment has room for 253; spread them over more networks",
    ],
    [
      "more machines on the internet than it has room for",
      declaration({ nodes: machines(249, "cloud") }),
      "nodes: 254 machines on the internet, routers counted; one segment has room for 253; spread them over more networks",
    ],
  ]);

  test("a LAN that just fits, and a full segment", () => {
    const networks = {
      small: { nat: "easy", lan: "10.0.0.0/29" },
      big: { nat: "easy", lan: "10.1.0.0/24" },
    } as const;
    const five = Object.fromEntries(
      Array.from({ length: 5 }, (_, i) => [
        `small-${i}`,
        { kind: "host", network: "small" } as const,
      ]),
    );
    const nodes = { ...five, ...machines(252, "big") };
    expect(faultsOf(declaration({ networks, nodes }))).toEqual([]);
  });
});

describe("addresses", () => {
  const choose = "take one of 192.168.1.2 to 192.168.1.254, or leave it out: then the lab chooses";
  const choosePublic =
    "take one of 198.18.1.0 to 198.18.255.254, or leave it out: then the lab chooses";
  const inCloud = (address: string) => plain("nas", { network: "cloud", address });
  refuses([
    [
      "outside the LAN",
      plain("nas", { address: "192.168.2.5" }),
      `nodes.nas.address: 192.168.2.5 is outside its network's LAN, 192.168.1.0/24; ${choose}`,
    ],
    [
      "the router's",
      plain("nas", { address: "192.168.1.1" }),
      `nodes.nas.address: 192.168.1.1 is the router's address; ${choose}`,
    ],
    [
      "the network's own",
      plain("nas", { address: "192.168.1.0" }),
      `nodes.nas.address: 192.168.1.0 is the network's own address in 192.168.1.0/24; ${choose}`,
    ],
    [
      "the broadcast address",
      plain("nas", { address: "192.168.1.255" }),
      `nodes.nas.address: 192.168.1.255 is the broadcast address in 192.168.1.0/24; ${choose}`,
    ],
    [
      "another node's",
      declaration({
        nodes: {
          laptop: { ...tailscale, address: "192.168.1.20" },
          nas: { ...host, address: "192.168.1.20" },
        },
      }),
      "nodes.nas.address: 192.168.1.20 is laptop's already; give one of them another address, or none: then the lab chooses",
    ],
    [
      "a public one outside the simulated internet",
      inCloud("203.0.113.7"),
      `nodes.nas.address: 203.0.113.7 is outside the simulated internet, 198.18.0.0/16; ${choosePublic}`,
    ],
    [
      "a public one of the lab's servers",
      inCloud("198.18.0.200"),
      `nodes.nas.address: 198.18.0.0/24 is for the control server, DNS and the relays; ${choosePublic}`,
    ],
    [
      "the internet's broadcast address",
      inCloud("198.18.255.255"),
      `nodes.nas.address: 198.18.255.255 is a broadcast address; ${choosePublic}`,
    ],
    [
      "a public one twice, in two public networks",
      declaration({
        nodes: {
          nas: { kind: "host", network: "cloud", address: "198.18.5.5" },
          www: { kind: "host", network: "internet", address: "198.18.5.5" },
        },
      }),
      "nodes.www.address: 198.18.5.5 is nas's already; give one of them another address, or none: then the lab chooses",
    ],
  ]);

  test("the same address in two networks is two machines", () => {
    const given = declaration({
      networks: { cafe: home },
      nodes: {
        nas: { ...host, address: "192.168.1.20" },
        phone: { ...tailscale, network: "cafe", address: "192.168.1.20" },
      },
    });
    expect(faultsOf(given)).toEqual([]);
  });
});

describe("routes", () => {
  const at = "nodes.laptop.advertiseRoutes[0]";
  const advertise = "advertise a LAN of this topology, or another private prefix";
  const route = (...advertiseRoutes: string[]) => node("laptop", { advertiseRoutes });
  const overlapping: Case[] = [
    ["100.64.7.0/24", "100.64.0.0/10, the range of tailnet addresses"],
    ["fd7a:115c:a1e0:ab::/64", "fd7a:115c:a1e0::/48, the range of tailnet addresses"],
    ["198.18.0.0/15", "198.18.0.0/16, the simulated internet"],
    ["2001:db8:7::/48", "2001:db8::/32, the simulated internet"],
    ["198.19.1.0/24", "198.19.0.0/16, the range that container addresses come from"],
    ["127.0.0.0/8", "127.0.0.0/8, loopback"],
    ["128.0.0.0/1", "198.18.0.0/16, the simulated internet"],
  ].map(([text, reason]) => [
    `over ${text}`,
    route(text ?? ""),
    `${at}: ${text} overlaps ${reason}; ${advertise}`,
  ]);
  refuses([
    ...overlapping,
    [
      "with host bits",
      route("10.20.0.7/24"),
      `${at}: 10.20.0.7/24 has host bits set; did you mean 10.20.0.0/24?`,
    ],
    [
      "with host bits, in IPv6",
      route("fd00:1::7/64"),
      `${at}: fd00:1::7/64 has host bits set; did you mean fd00:1::/64?`,
    ],
    [
      "of everything",
      route("0.0.0.0/0"),
      `${at}: 0.0.0.0/0 is everything, which is an exit node's to offer; leave it out and set exitNode: true`,
    ],
    [
      "listed twice, however it is written",
      route("fd00:1::/64", "fd00:0001::/64"),
      "nodes.laptop.advertiseRoutes[1]: fd00:0001::/64 is listed twice; leave one of them out",
    ],
  ]);
});

describe("exit nodes", () => {
  const at = "nodes.laptop.useExitNode";
  const withExit = (changes: object, exit: object = { exitNode: true }) =>
    declaration({
      nodes: { laptop: { ...tailscale, ...changes }, exit: { ...tailscale, ...exit } },
    });
  refuses([
    [
      "an unknown one",
      withExit({ useExitNode: "exitt" }),
      `${at}: there is no node exitt; did you mean exit?`,
    ],
    [
      "an unknown one where nobody offers",
      node("laptop", { useExitNode: "exit" }),
      `${at}: there is no node exit; declare a Tailscale node with exitNode: true`,
    ],
    [
      "a plain host",
      withExit({ useExitNode: "nas" }),
      `${at}: nas runs no Tailscale, so it can't be an exit node; write one of exit`,
    ],
    [
      "one that does not offer it",
      withExit({ useExitNode: "exit" }, {}),
      `${at}: exit does not offer to be an exit node; set exitNode: true in nodes.exit`,
    ],
    [
      "itself",
      withExit({ useExitNode: "laptop", exitNode: true }),
      `${at}: a node can't be its own exit node; write one of exit`,
    ],
    [
      "used by another exit node",
      withExit({ useExitNode: "exit", exitNode: true }),
      `${at}: an exit node can't use another one; leave out exitNode or useExitNode`,
    ],
    [
      "none, but LAN access beside it",
      node("laptop", { allowLanAccess: true }),
      "nodes.laptop.allowLanAccess: says something of an exit node, but none is used; name one in useExitNode, or leave it out",
    ],
  ]);
});

describe("services", () => {
  const dns = { kind: "dns", domain: "corp.internal", records: {} } as const;
  const clash = "take another port, or leave one of them out";
  const serve = (...services: object[]) => node("laptop", { services });
  refuses([
    [
      "what only a node with Tailscale publishes",
      plain("nas", { services: [{ kind: "http", port: 80, tailnetOnly: true }] }),
      "nodes.nas.services[0].tailnetOnly: nas is a host, without Tailscale to publish anything; make it a tailscale node, or leave tailnetOnly out",
    ],
    [
      "two of TCP on one port",
      serve({ kind: "http", port: 80 }, { kind: "tcp-echo", port: 80 }),
      `nodes.laptop.services[1]: TCP port 80 is taken by services[0] (http); ${clash}`,
    ],
    [
      "UDP echo and DNS",
      serve({ kind: "udp-echo", port: 53 }, dns),
      `nodes.laptop.services[1]: UDP port 53 is taken by services[0] (udp-echo); ${clash}`,
    ],
    [
      "DNS and TCP echo",
      serve(dns, { kind: "tcp-echo", port: 53 }),
      `nodes.laptop.services[1]: TCP port 53 is taken by services[0] (dns); ${clash}`,
    ],
    [
      "UDP echo on tailscaled's port",
      serve({ kind: "udp-echo", port: 41_641 }),
      `nodes.laptop.services[0]: UDP port 41641 is taken by tailscaled; ${clash}`,
    ],
    [
      "a record outside its domain",
      serve({ ...dns, records: { "wiki.corp.internl": "10.0.0.1" } }),
      'nodes.laptop.services[0].records["wiki.corp.internl"]: wiki.corp.internl is outside corp.internal, so this server never answers for it; write a name that ends in .corp.internal',
    ],
  ]);
});

describe("DNS", () => {
  const services = [{ kind: "dns" as const, domain: "corp.internal", records: {} }];
  const split = (domain: string, resolver: string) =>
    declaration({
      tailnet: { dns: { splitDns: { [domain]: [resolver] } } },
      nodes: { "office-dns": { ...host, services } },
    });
  const at = 'tailnet.dns.splitDns["corp.internal"][0]';

  test("a domain of one label may have a resolver", () => {
    const lan = [{ kind: "dns" as const, domain: "lan", records: { "nas.lan": "10.20.0.9" } }];
    const topology = declaration({
      tailnet: { dns: { splitDns: { lan: ["lan-dns"] } } },
      nodes: { "lan-dns": { ...host, services: lan } },
    });
    expect(faultsOf(topology)).toEqual([]);
  });

  refuses([
    [
      "an unknown node as resolver",
      split("corp.internal", "ofice-dns"),
      `${at}: there is no node ofice-dns; did you mean office-dns?`,
    ],
    [
      "a node without a DNS service",
      split("corp.internal", "nas"),
      `${at}: nas has no dns service; write one of office-dns`,
    ],
    [
      "a DNS service of another domain",
      split("corp.example", "office-dns"),
      "tailnet.dns.splitDns[\"corp.example\"][0]: office-dns's dns service does not answer for corp.example; declare a node with a dns service for corp.example, or write a resolver's address",
    ],
    [
      "an IPv6 address in an A record",
      declaration({
        tailnet: { dns: { extraRecords: [{ name: "a.b.lab", type: "A", value: "fd00::1" }] } },
      }),
      "tailnet.dns.extraRecords[0].value: fd00::1 is no IPv4 address, which A holds; write an IPv4 address, or type AAAA",
    ],
    [
      "a record for a node's own name",
      declaration({
        tailnet: {
          dns: { extraRecords: [{ name: "laptop.tailnet.lab", type: "A", value: "10.0.0.1" }] },
        },
      }),
      "tailnet.dns.extraRecords[0].name: laptop.tailnet.lab is the MagicDNS name of node laptop; choose another name",
    ],
    [
      "the lab's own domain for the tailnet",
      declaration({ tailnet: { domain: "lab.test" } }),
      "tailnet.domain: lab.test is the domain of the control server and the relays; write another domain, such as tailnet.lab",
    ],
    [
      "a public name behind NAT",
      plain("nas", { publicNames: ["nas.example.com"] }),
      "nodes.nas.publicNames: home is behind NAT: from the internet this host can't be reached; put it in network internet, or in one with nat none, or leave its names out",
    ],
    [
      "a public name given twice",
      declaration({
        nodes: {
          www: { kind: "host", network: "internet", publicNames: ["www.example.com"] },
          web: { kind: "host", network: "cloud", publicNames: ["www.example.com"] },
        },
      }),
      "nodes.web.publicNames[0]: www.example.com is www's already; give each name to one host, once",
    ],
    [
      "a public name in the lab's own domain",
      plain("www", { network: "internet", publicNames: ["control.lab.test"] }),
      "nodes.www.publicNames[0]: lab.test is the domain of the control server and the relays; write another name, such as www.example.com",
    ],
  ]);

  test("a resolver may be an address, or a server of a parent domain", () => {
    expect(faultsOf(split("corp.internal", "10.0.0.53"))).toEqual([]);
    expect(faultsOf(split("eu.corp.internal", "office-dns"))).toEqual([]);
  });
});
