import { describe, expect, test } from "vitest";
import { defineLab } from "../../lab/topology/index.ts";
import { declaration, faultsOf } from "./declaration.ts";

const laptop = { kind: "tailscale", network: "home", user: "alice" } as const;

describe("a sound declaration", () => {
  test("has its defaults filled in", () => {
    const topology = defineLab(declaration());
    expect(topology.tailnet).toEqual({
      domain: "tailnet.lab",
      dns: { magicDns: true, nameservers: ["internet"], splitDns: {}, extraRecords: [] },
    });
    expect(Object.keys(topology.relays)).toEqual(["fra", "nyc"]);
    expect(topology.nodes.laptop).toMatchObject({ acceptDns: true, acceptRoutes: false });
  });

  test("may be defined again without a change", () => {
    const topology = defineLab(declaration());
    expect(defineLab(topology)).toEqual(topology);
  });

  test("may have the same subnet behind two routers, and behind two levels of NAT", () => {
    const networks = {
      cafe: { nat: "easy", lan: "192.168.1.0/24" },
      carrier: { nat: "hard", lan: "10.0.0.0/16" },
      flat: { nat: "easy", lan: "192.168.1.0/24", upstream: "carrier" },
      office: { nat: "easy", lan: "10.0.0.0/16", upstream: "flat" },
    } as const;
    expect(faultsOf(declaration({ networks }))).toEqual([]);
  });

  test("may have two routers for one prefix, one inside another, and a host route", () => {
    const nodes = {
      one: { ...laptop, advertiseRoutes: ["192.168.1.0/24"] },
      two: { ...laptop, advertiseRoutes: ["192.168.1.0/24"] },
      wide: { ...laptop, advertiseRoutes: ["192.168.0.0/16", "192.168.1.7/32", "fd00:1::/64"] },
    };
    expect(faultsOf(declaration({ nodes }))).toEqual([]);
  });

  test("may serve TCP and UDP on one port", () => {
    const services = [
      { kind: "tcp-echo", port: 7 },
      { kind: "udp-echo", port: 7 },
    ] as const;
    expect(
      faultsOf(declaration({ nodes: { laptop: { ...laptop, services: [...services] } } })),
    ).toEqual([]);
  });

  test("may tag nodes where there is no policy to own the tags", () => {
    const nodes = { server: { kind: "tailscale", network: "home", tags: ["tag:server"] } } as const;
    expect(faultsOf({ ...declaration(), nodes })).toEqual([]);
  });
});

describe("what the schema refuses", () => {
  test.each<[string, unknown, string]>([
    [
      "a misspelt key",
      { ...declaration(), tailnt: {} },
      "tailnt: unknown key tailnt; did you mean tailnet?",
    ],
    [
      "a misspelt key of a node",
      declaration({ nodes: { laptop: { ...laptop, acceptRoute: true } as never } }),
      "nodes.laptop.acceptRoute: unknown key acceptRoute; did you mean acceptRoutes?",
    ],
    [
      "a Tailscale node's key on a host",
      declaration({
        nodes: { nas: { kind: "host", network: "home", tags: ["tag:nas"] } as never },
      }),
      "nodes.nas.tags: unknown key tags; write one of kind, network, address, services, publicNames",
    ],
    [
      "a key of a service",
      declaration({
        nodes: {
          laptop: { ...laptop, services: [{ kind: "http", port: 80, prt: 81 } as never] },
        },
      }),
      "nodes.laptop.services[0].prt: unknown key prt; did you mean port?",
    ],
    [
      "an unknown kind",
      declaration({ nodes: { laptop: { ...laptop, kind: "tailscal" as never } } }),
      'nodes.laptop.kind: "tailscal" is not accepted; did you mean tailscale?',
    ],
    [
      "a missing kind",
      declaration({ nodes: { laptop: { network: "home" } as never } }),
      "nodes.laptop.kind: is missing; write one of tailscale, host",
    ],
    [
      "an unknown NAT",
      declaration({ networks: { home: { nat: "symmetric" as never, lan: "192.168.1.0/24" } } }),
      'networks.home.nat: "symmetric" is not accepted; write one of none, easy, hard',
    ],
    [
      "a LAN that is no prefix",
      declaration({ networks: { home: { nat: "easy", lan: "192.168.1.0" } } }),
      'networks.home.lan: "192.168.1.0" is not accepted; write an IPv4 prefix such as 192.168.1.0/24',
    ],
    [
      "a LAN of IPv6",
      declaration({ networks: { home: { nat: "easy", lan: "fd00::/64" } } }),
      'networks.home.lan: "fd00::/64" is not accepted; write an IPv4 prefix such as 192.168.1.0/24',
    ],
    [
      "a number for a name",
      declaration({ nodes: { laptop: { ...laptop, network: 5 as never } } }),
      "nodes.laptop.network: 5 is not accepted; write a string",
    ],
    [
      "a port out of range",
      declaration({
        nodes: { laptop: { ...laptop, services: [{ kind: "http", port: 70_000 }] } },
      }),
      "nodes.laptop.services[0].port: 70000 is not accepted; write a port from 1 to 65535",
    ],
    [
      "a node's name in capitals",
      declaration({ nodes: { Laptop: laptop } }),
      'nodes.Laptop: the name "Laptop" is not accepted; use lower-case letters, digits and inner hyphens, at most 32 characters',
    ],
    [
      "a user with an @",
      declaration({ nodes: { laptop: { ...laptop, user: "alice@" } } }),
      'nodes.laptop.user: "alice@" is not accepted; write the user\'s name without the @, such as alice',
    ],
    [
      "a list of no tags",
      declaration({ nodes: { laptop: { kind: "tailscale", network: "home", tags: [] } } }),
      "nodes.laptop.tags: [] is not accepted; write at least one tag",
    ],
    [
      "a tag without tag:",
      declaration({ nodes: { laptop: { kind: "tailscale", network: "home", tags: ["server"] } } }),
      'nodes.laptop.tags[0]: "server" is not accepted; write a tag such as tag:server',
    ],
    [
      "a short version",
      declaration({ versions: { tailscale: "1.102" } }),
      'versions.tailscale: "1.102" is not accepted; write a full version such as 1.102.5',
    ],
    [
      "an environment variable of another program",
      declaration({ nodes: { laptop: { ...laptop, environment: { PATH: "/" } } } }),
      'nodes.laptop.environment.PATH: the name "PATH" is not accepted; write a name that begins with TS_',
    ],
    [
      "a resolver that is no address",
      declaration({ tailnet: { dns: { nameservers: ["office-dns"] } } }),
      'tailnet.dns.nameservers[0]: "office-dns" is not accepted; write an IP address, or internet',
    ],
    [
      "a domain with no resolver",
      declaration({ tailnet: { dns: { splitDns: { "corp.internal": [] } } } }),
      'tailnet.dns.splitDns["corp.internal"]: [] is not accepted; write at least one resolver',
    ],
    [
      "an object for a name, even one that is no text",
      { ...declaration(), name: { toString: 7 } },
      "name: { toString: 7 } is not accepted; write a string",
    ],
    ["no nodes at all", { name: "trial" }, "nodes: is missing; write an object"],
    ["no declaration", undefined, "the declaration: is missing; write an object"],
  ])("%s", (_, given, expected) => {
    expect(faultsOf(given)).toEqual([expected]);
  });
});

describe("all issues at once", () => {
  test("of the schema and of references, each once", () => {
    const given = declaration({
      relays: { fra: { nme: "Frankfurt" } as never, nyc: {} },
      networks: {
        office: { nat: "hard", lan: "10.20.0.0" },
        lab: { nat: "none", lan: "10.0.0.0/8" },
      },
      nodes: {
        // The network is declared, though wrongly: to be in it is no second issue.
        server: { kind: "tailscale", network: "office", user: "alice", address: "10.20.0.1" },
        laptop: { ...laptop, acceptRoute: true, network: "hom" } as never,
        phone: { kind: "tailscale", network: "home", user: "bob", useExitNode: "broken" },
        broken: { kind: "tailscale", network: "home", user: 7 as never },
      },
    });
    expect(faultsOf(given).sort()).toEqual([
      "networks.lab.lan: nat none means public addresses, so there is no LAN; leave out lan, or set nat to easy or hard",
      'networks.office.lan: "10.20.0.0" is not accepted; write an IPv4 prefix such as 192.168.1.0/24',
      "nodes.broken.user: 7 is not accepted; write a string",
      "nodes.laptop.acceptRoute: unknown key acceptRoute; did you mean acceptRoutes?",
      "nodes.laptop.network: there is no network hom; did you mean home?",
      "relays.fra.nme: unknown key nme; did you mean name?",
    ]);
  });

  test("and the error counts them", () => {
    expect(() => defineLab(declaration({ relays: {}, nodes: { dns: laptop } }))).toThrow(
      "topology trial has 2 issues",
    );
  });
});

test("a name that every object of JavaScript has is declared by nobody", () => {
  const issues = faultsOf(
    declaration({
      tailnet: { dns: { splitDns: { "corp.internal": ["constructor"] } } },
      nodes: {
        phone: {
          kind: "tailscale",
          network: "home",
          user: "bob",
          useExitNode: "constructor",
        },
      },
    }),
  );
  expect(issues).toEqual([
    expect.stringMatching(/^nodes\.phone\.useExitNode: there is no node constructor; /),
    expect.stringMatching(/^tailnet\.dns\.splitDns.*: there is no node constructor; /),
  ]);
});
