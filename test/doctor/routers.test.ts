import { describe, expect, test } from "vitest";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { closed, refused } from "./alterations.ts";
import { type Alteration, alteredSource, codes, found, replace } from "./altered-source.ts";

const asked = "laptop printer:80";
const timedOut: Alteration = [
  "laptop",
  "nc -vz",
  () => ({ exitCode: 1, stderr: "nc: connect to 10.20.0.30 port 80 (tcp) timed out" }),
];
const unpinged = (node: string): Alteration => [
  node,
  "ping",
  () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received, 100% packet loss\n" }),
];
const silent = [timedOut, unpinged("laptop")];

interface Entry {
  name?: string;
  chain?: string;
  hook?: string;
}
type Ruleset = { chain?: Entry; rule?: Entry }[];

function ruleset(alter: (entries: Ruleset) => Ruleset): Alteration[2] {
  return ({ stdout }) => {
    const { nftables } = JSON.parse(stdout) as { nftables: Ruleset };
    return { stdout: JSON.stringify({ nftables: alter(nftables) }) };
  };
}
const isOfTailscale = ({ chain, rule }: Ruleset[number]) =>
  [chain?.name, rule?.chain].some((name) => name?.startsWith("ts-"));

describe("a router that does not masquerade", () => {
  test.each([
    ["nft flush ruleset", () => []],
    [
      "the filter table alone is loaded anew",
      (all: Ruleset) => all.filter(({ rule }) => rule?.chain !== "FORWARD"),
    ],
    [
      "another program masquerades its own",
      (all: Ruleset) => [
        ...all.filter((entry) => !isOfTailscale(entry)),
        {
          rule: {
            family: "ip",
            table: "nat",
            chain: "POSTROUTING",
            expr: [
              {
                match: {
                  op: "==",
                  left: { payload: { protocol: "ip", field: "saddr" } },
                  right: { prefix: { addr: "172.17.0.0", len: 16 } },
                },
              },
              { masquerade: null },
            ],
          },
        },
      ],
    ],
  ])("TL107: tailscaled's rules are gone: %s", async (_what, alter) => {
    const { findings } = await found(asked, [...silent, ["router", "nft -j", ruleset(alter)]], {
      isLive: true,
    });
    expect(findings).toMatchObject([
      {
        code: "TL107",
        node: "router",
        seen: [{ command: "nft -j list ruleset" }, {}, {}],
        fix: ["on router: systemctl restart tailscaled", expect.stringContaining("ip route add")],
      },
    ]);
  });

  test("where nothing was kept of iptables, the rules may be those of iptables-legacy", async () => {
    const gone: Alteration = ["router", "nft -j", ruleset(() => [])];
    const unkept: Alteration = ["router", "sh iptables", () => undefined];
    expect(await codes(asked, [...silent, gone])).toContain("TL107 router");
    expect(await codes(asked, [...silent, gone, unkept])).not.toContain("TL107 router");
  });

  test("TL107: tailscaled is told to set no rules", async () => {
    const { findings } = await found(asked, [
      ...silent,
      ["router", "nft -j", ruleset((all) => all.filter((entry) => !isOfTailscale(entry)))],
      ["router", "tailscale debug prefs", replace('"NetfilterMode": 2', '"NetfilterMode": 0')],
    ]);
    expect(findings).toMatchObject([
      { code: "TL107", fix: ["on router: tailscale set --netfilter-mode=on", expect.anything()] },
    ]);
  });
});

describe("a host behind a router", () => {
  const drops = (source: string): Alteration => [
    "printer",
    "nft -j",
    ruleset((all) => [
      ...all,
      { chain: { family: "inet", table: "mine", name: "in", hook: "input", policy: "accept" } },
      {
        rule: {
          family: "inet",
          table: "mine",
          chain: "in",
          expr: [
            {
              match: {
                op: "==",
                left: { payload: { protocol: "ip", field: "saddr" } },
                right: source,
              },
            },
            { drop: null },
          ],
        },
      },
    ]),
  ];

  test("TL114: its firewall drops what has the router's address in the LAN", async () => {
    const { findings } = await found(asked, [timedOut, drops("10.20.0.32")]);
    expect(findings).toMatchObject([
      { code: "TL114", node: "printer", what: expect.stringContaining("tcp/80 from 10.20.0.32") },
    ]);
    expect(findings[0]?.fix.join()).not.toContain("tailscale0");
  });

  test("what has an address of the tailnet gets there only without masquerading", async () => {
    expect(await codes(asked, [timedOut, drops("100.64.0.2")])).toEqual([]);
    const bare: Alteration = [
      "router",
      "tailscale debug prefs",
      replace('"NoSNAT": false', '"NoSNAT": true'),
    ];
    expect(await codes(asked, [timedOut, bare, drops("100.64.0.2")])).toEqual(["TL114 printer"]);
  });
});

describe("a rule that leads a port elsewhere", () => {
  const refused: Alteration = [
    "laptop",
    "nc -vz",
    () => ({ exitCode: 1, stderr: "nc: connect to 100.64.0.1 port 80 (tcp) failed: refused" }),
  ];
  const leads = (...ends: object[]): Alteration => [
    "router",
    "nft -j",
    ruleset((all) => [
      ...all,
      {
        chain: {
          family: "inet",
          table: "mine",
          name: "pre",
          type: "nat",
          hook: "prerouting",
          policy: "accept",
        } as Entry,
      },
      {
        rule: {
          family: "inet",
          table: "mine",
          chain: "pre",
          expr: [
            {
              match: {
                op: "==",
                left: { payload: { protocol: "tcp", field: "dport" } },
                right: 80,
              },
            },
            ...ends,
          ],
        } as Entry,
      },
    ]),
  ];

  test.each([
    ["redirect", { redirect: { port: 8099 } }, "port 8099, where nothing listens"],
    [
      "dnat to the loopback address",
      { dnat: { family: "ip", addr: "127.0.0.1", port: 8099 } },
      "port 8099, where nothing listens",
    ],
    [
      "dnat to another machine",
      { dnat: { family: "ip", addr: "10.20.0.99" } },
      "10.20.0.99:80, and it is not answered there",
    ],
    [
      "iptables' own",
      { xt: { type: "target", name: "REDIRECT" } },
      "elsewhere, and it is not answered there",
    ],
  ])("TL111 names it: %s", async (_what, end, place) => {
    const { findings } = await found("laptop router:80", [refused, leads(end)]);
    expect(findings).toMatchObject([
      {
        code: "TL111",
        node: "router",
        what: `a rule of the firewall on router leads tcp/80 to ${place}`,
        seen: [{ command: "nft -j list ruleset" }, { node: "laptop" }],
      },
    ]);
  });

  test("where a program listens at its end, it is no cause", async () => {
    const toHttp = leads({ redirect: { port: 80 } });
    const untried: Alteration = ["laptop", "nc -vz", () => undefined];
    const elsewhere = leads({ dnat: { family: "ip", addr: "10.20.0.99" } });
    for (const alterations of [
      [refused, toHttp],
      [untried, toHttp],
      [untried, elsewhere],
    ]) {
      expect(await codes("laptop router:80", alterations)).toEqual([]);
    }
  });

  test("TL114: a firewall drops the port that it leads to, not the one that was asked", async () => {
    const drops = (port: number) => {
      const left = { payload: { protocol: "tcp", field: "dport" } };
      return withChain("input", "accept", [
        { match: { op: "==", left, right: port } },
        { drop: null },
      ]);
    };
    const led = leads({ redirect: { port: 22 } });
    const late: Alteration = [
      "laptop",
      "nc -vz",
      () => ({ exitCode: 1, stderr: "nc: connect to 100.64.0.1 port 80 (tcp) timed out" }),
    ];
    expect(await codes("laptop router:80", [late, led, drops(22)])).toContain("TL114 router");
    expect(await codes("laptop router:80", [late, led, drops(80)])).not.toContain("TL114 router");
  });
});

test("TL114: a router's firewall forwards nothing out of the tunnel, without a question", async () => {
  const forward = (policy: string, ...rules: object[][]) => withChain("forward", policy, ...rules);
  const of = (field: "saddr" | "daddr", right: unknown) => ({
    match: { op: "==", left: { payload: { protocol: "ip", field } }, right },
  });
  const [accept, drop] = [{ accept: null }, { drop: null }];
  const { findings } = await found(undefined, [forward("drop")]);
  expect(findings).toMatchObject([
    {
      code: "TL114",
      node: "router",
      what: "a firewall on router drops what goes to 0.0.0.0/0 out of the tailnet",
    },
  ]);
  expect(await codes(undefined, [forward("accept")])).toEqual([]);
  // Some of the tailnet may pass, or to some of what is behind it: for whom else it is meant, nobody knows.
  for (const match of [of("saddr", "100.64.0.3"), of("daddr", "10.20.0.30")]) {
    expect(await codes(undefined, [forward("drop", [match, accept])])).toEqual([]);
  }
  const whole = { prefix: { addr: "100.64.0.0", len: 10 } };
  expect(await codes(undefined, [forward("accept", [of("saddr", whole), drop])])).toEqual([
    "TL114 router",
  ]);
});

test("TL114: what a rule takes out of connection tracking is dropped as untracked", async () => {
  const match = (left: object, right: unknown) => ({ match: { op: "==", left, right } });
  const port = (protocol: string) => match({ payload: { protocol, field: "dport" } }, 80);
  const table = { family: "inet", table: "raw" };
  const untracking = (protocol: string): Alteration => [
    "router",
    "nft -j",
    ruleset((all) => [
      ...all,
      { chain: { ...table, name: "pre", hook: "prerouting", prio: -300, policy: "accept" } },
      { rule: { ...table, chain: "pre", expr: [port(protocol), { notrack: null }] } as Entry },
    ]),
  ];
  const drops = withChain("input", "accept", [
    match({ ct: { key: "state" } }, "untracked"),
    { drop: null },
  ]);
  expect(await codes("laptop router:80", [timedOut, untracking("tcp"), drops])).toEqual([
    "TL114 router",
  ]);
  expect(await codes("laptop router:80", [timedOut, untracking("udp"), drops])).toEqual([]);
  expect(await codes("laptop router:80", [timedOut, drops])).toEqual([]);
});

describe("a rule of which nothing tells whether it drops the packet", () => {
  const limits = (packets?: number) =>
    withChain("input", "accept", [
      { limit: { rate: 5, per: "second", inv: true } },
      ...(packets === undefined ? [] : [{ counter: { packets, bytes: 1 } }]),
      { drop: null },
    ]);
  const late: Alteration = [
    "laptop",
    "nc -vz",
    () => ({ exitCode: 1, stderr: "nc: connect to 100.64.0.1 port 80 (tcp) timed out" }),
  ];

  test("TL114: it may be the cause, where nothing else is", async () => {
    const { findings } = await found("laptop router:80", [late, limits()], { isLive: true });
    expect(findings).toMatchObject([
      {
        code: "TL114",
        node: "router",
        what: "a firewall on router may drop tcp/80 out of the tailnet",
        why: expect.stringMatching(/^nothing else was found/),
      },
    ]);
  });

  test("TL114: it may be a policy, where nothing tells whether a rule accepts before", async () => {
    const killSwitch = withChain("input", "drop", [
      { xt: { type: "match", name: "set" } },
      { accept: null },
    ]);
    const { findings } = await found("laptop router:80", [late, killSwitch], { isLive: true });
    expect(findings).toMatchObject([
      { code: "TL114", isGuess: true, seen: [{ line: expect.stringMatching(/: policy drop$/) }] },
    ]);
  });

  test("TL114: who was refused may have been by a rule that rejects, and by none that drops", async () => {
    const live = { isLive: true };
    const ofUsers = (verdict: object) =>
      withChain("input", "accept", [{ xt: { type: "match", name: "owner" } }, verdict]);
    expect(await codes("laptop router:80", [refused, ofUsers({ reject: null })], live)).toEqual([
      "TL114 router",
    ]);
    expect(await codes("laptop router:80", [refused, ofUsers({ drop: null })], live)).toEqual([]);
  });

  test("it is not told where something else is, it counts nothing, or all works", async () => {
    const live = { isLive: true };
    expect(await codes("laptop router:80", [late, limits(7)], live)).toEqual([]);
    expect(await codes("laptop router:80", [limits()], live)).toEqual([]);
    const denied: Alteration = [
      "router",
      "tailscale debug netmap",
      ({ stdout }) => ({ stdout: JSON.stringify({ ...JSON.parse(stdout), PacketFilter: [] }) }),
    ];
    expect(await codes("laptop router:80", [late, denied, limits()], live)).not.toContain(
      "TL114 router",
    );
  });
});

describe("TL133: a route that leads to a router in another network", () => {
  const alone: Alteration[] = [
    ...silent,
    [
      "router",
      "nc -vz",
      () => ({ exitCode: 1, stderr: "nc: connect to 10.20.0.30 port 80 (tcp) timed out" }),
    ],
    unpinged("router"),
  ];
  const question = { from: "laptop", to: "printer", protocol: "tcp", port: 80 } as const;
  const moved: Alteration[] = ["ip -j addr", "ip -j route"].map((command) => [
    "router",
    command,
    replace("10.20.0.", "10.30.0."),
  ]);
  const ofAnother = (text: string) =>
    text
      .replaceAll("nodekey:", "nodekey:0")
      .replaceAll("100.64.0.1", "100.64.0.9")
      .replaceAll("a1e0::1", "a1e0::9");
  const twice: Alteration = [
    "control",
    "headscale nodes",
    ({ stdout }) => {
      const nodes = JSON.parse(stdout) as { given_name: string }[];
      const router = nodes.find(({ given_name }) => given_name === "router");
      const second = JSON.stringify({ ...router, id: 9, name: "second", given_name: "second" });
      return { stdout: JSON.stringify([...nodes, JSON.parse(ofAnother(second))]) };
    },
  ];

  /** With a second router, which is in the network of the printer. */
  async function foundWithSecond(alterations: readonly Alteration[]) {
    const seen = await lookAtTailnet(alteredSource([...alterations, twice]), { question });
    const rekeyed: Alteration = [
      "router",
      "tailscale status",
      ({ stdout }) => ({ stdout: ofAnother(stdout) }),
    ];
    const healthy = await lookAtTailnet(alteredSource([rekeyed]), {});
    const second = healthy.tailscale.get("router");
    if (second === undefined) throw new Error("there is no router");
    const machine = { ...second.machine, name: "second" };
    const tailscale = new Map([...seen.tailscale, ["second", { ...second, machine }] as const]);
    return diagnose({ ...seen, tailscale }, question);
  }

  test("it is told with what each of the two routers has", async () => {
    const { findings } = await foundWithSecond([...alone, ...moved]);
    expect(findings[0]).toMatchObject({
      code: "TL133",
      node: "router",
      what: "router serves 10.20.0.0/24, and is not in the network of 10.20.0.30; second, which is, serves 10.20.0.0/24",
      seen: [
        { node: "laptop" },
        { node: "router", line: "10.30.0.32/24 dev lan" },
        { line: "10.20.0.32/24 dev lan" },
      ],
      fix: [
        "on router: tailscale set --advertise-routes=0.0.0.0/0,::/0",
        'on control, else: headscale nodes approve-routes -i 1 -r "0.0.0.0/0,::/0"',
      ],
      consequences: [{ code: "TL120" }],
    });
  });

  test("it is not where the router is in the network, has a route to it, or gets an answer", async () => {
    const listed = async (alterations: readonly Alteration[]) =>
      (await foundWithSecond(alterations)).findings.map(({ code }) => code);
    expect(await listed(alone)).not.toContain("TL133");
    const known: Alteration = [
      "router",
      "ip -j route",
      ({ stdout }) => ({
        stdout: JSON.stringify([
          ...JSON.parse(stdout),
          { dst: "10.20.0.0/24", gateway: "10.30.0.1", dev: "lan", flags: [] },
        ]),
      }),
    ];
    expect(await listed([...alone, ...moved, known])).not.toContain("TL133");
    const down: Alteration = [
      "router",
      "ip -j addr",
      ({ stdout }) => {
        const [first, ...rest] = JSON.parse(stdout) as { addr_info: object[] }[];
        const off = {
          ifname: "lan2",
          flags: [],
          addr_info: [{ local: "10.20.0.9", prefixlen: 24 }],
        };
        return { stdout: JSON.stringify([first, off, ...rest]) };
      },
    ];
    expect(await listed([...alone, ...moved, down])).not.toContain("TL133");
    expect(await listed([...silent, ...moved])).not.toContain("TL133");
  });
});

describe("a LAN host that has no way back to its router", () => {
  const near: Alteration = [
    "router",
    "nc -vz",
    () => ({ exitCode: 1, stderr: "nc: connect to 10.20.0.30 port 80 (tcp) timed out" }),
  ];
  const mute = [...silent, near, unpinged("router")];
  type Entries = Record<string, unknown>[];
  const added = (first: object) => {
    return ({ stdout }: { stdout: string }) => ({
      stdout: JSON.stringify([first, ...(JSON.parse(stdout) as Entries)]),
    });
  };

  test.each([
    [
      "a blackhole route",
      "ip -j route",
      { type: "blackhole", dst: "10.20.0.32", flags: [] },
      {
        node: "printer",
        what: "a route on printer discards what it answers to router, 10.20.0.32",
        seen: [{ line: "blackhole 10.20.0.32/32 table main" }, {}, {}],
        fix: ["on printer, unless it is meant: ip route del blackhole 10.20.0.32/32 table main"],
      },
    ],
    [
      "a rule",
      "ip -j rule",
      { priority: 100, src: "all", dst: "10.20.0.0", dstlen: 24, action: "unreachable" },
      { node: "printer", seen: [{ line: "100: from all to 10.20.0.0/24 unreachable" }, {}, {}] },
    ],
    [
      "a route of another network",
      "ip -j route",
      { type: "blackhole", dst: "10.99.0.0/16", flags: [] },
      { node: "printer", what: expect.stringContaining("does not answer its own subnet router") },
    ],
  ])("TL120 names %s", async (_what, command, first, expected) => {
    const { findings } = await found(asked, [...mute, ["printer", command, added(first)]]);
    expect(findings).toMatchObject([{ code: "TL120", ...expected }]);
  });

  test("TL120 names the router's own route that goes before its LAN", async () => {
    const gateway = { dst: "10.20.0.30", gateway: "10.20.0.99", dev: "lan", flags: [] };
    const astray: Alteration = ["router", "ip -j route", added(gateway)];
    const { findings } = await found("laptop printer:80", [...mute, astray]);
    expect(findings).toMatchObject([
      {
        code: "TL120",
        what: expect.stringContaining("router does not send to printer in its own LAN"),
        seen: [{ line: "10.20.0.30/32 via 10.20.0.99 dev lan table main" }, {}],
      },
    ]);
  });

  test("TL120 names that no route of the host leads to the router", async () => {
    const elsewhere: Alteration = [
      "printer",
      "ip -j route",
      () => ({ stdout: JSON.stringify([{ dst: "10.20.0.0/28", dev: "lan", flags: [] }]) }),
    ];
    const { findings } = await found("laptop printer:80", [...mute, elsewhere]);
    expect(findings).toMatchObject([
      {
        code: "TL120",
        what: expect.stringContaining("no route on printer leads what it answers to router"),
        seen: [{ line: "10.20.0.0/28 dev lan table main" }, {}, {}],
      },
    ]);
  });
});

test("TL120 is no cause of its own where it is the router that has no network", async () => {
  const cut: Alteration = [
    "router",
    "ip -j route",
    ({ stdout }) => ({
      stdout: JSON.stringify(
        JSON.parse(stdout).filter(({ dev }: { dev: string }) => dev !== "lan"),
      ),
    }),
  ];
  const near: Alteration = [
    "router",
    "nc -vz",
    () => ({ exitCode: 1, stderr: "nc: connect to 10.20.0.30 port 80 (tcp) timed out" }),
  ];
  const { findings } = await found(asked, [...silent, near, unpinged("router"), cut]);
  expect(findings).toMatchObject([
    { code: "TL122", node: "router", consequences: [{ code: "TL120", node: "printer" }] },
  ]);
});

describe("an exit node", () => {
  const uses = (node: string, exit: string): Alteration[] => [
    [node, "tailscale debug prefs", replace('"ExitNodeID": ""', `"ExitNodeID": "${exit}"`)],
  ];

  test("TL405: of a subnet router, takes the LAN away that it serves", async () => {
    const { findings } = await found(asked, [
      ...silent,
      unpinged("router"),
      ["router", "nc", () => ({ exitCode: 1, stderr: "timed out" })],
      ...uses("router", "2"),
      ["router", "tailscale status", replace('"ExitNode": false', '"ExitNode": true')],
      [
        "router",
        "ip -j route",
        ({ stdout }) => ({
          stdout: JSON.stringify([
            ...JSON.parse(stdout),
            { dst: "default", dev: "tailscale0", table: "52" },
          ]),
        }),
      ],
    ]);
    expect(findings.find(({ code }) => code === "TL405")).toMatchObject({
      node: "router",
      fix: ["on router: tailscale set --exit-node-allow-lan-access=true", expect.anything()],
      consequences: [{ code: "TL120" }],
    });
  });

  const dead: Alteration = [
    "laptop",
    "sh controlProbe",
    ({ stdout }) => ({
      stdout: `${stdout.split("\n")[0]}\ncurl: (28) Failed to connect to control.lab.test port 443\nanswer 000 \nexit 28`,
    }),
  ];

  test("TL128: that is not in the tailnet any more, and what fails because of it", async () => {
    const { findings } = await found(undefined, [...uses("laptop", "9"), dead]);
    expect(findings).toMatchObject([
      {
        code: "TL128",
        node: "laptop",
        fix: [
          "on laptop: tailscale set --exit-node=router",
          expect.stringContaining("to use none"),
        ],
        consequences: [{ code: "TL302", what: expect.stringContaining("programs of laptop") }],
      },
    ]);
  });

  test("TL204: that no rule shows to the node, so that it is not even a peer", async () => {
    const all = await codes(undefined, [...uses("laptop", "1"), closed]);
    expect(all).toEqual(["TL204 router"]);
  });

  test("TL302: it hands nothing on, and tailscaled sends beside it", async () => {
    const { findings } = await found(undefined, [
      ...uses("laptop", "1"),
      ["laptop", "tailscale status", replace('"ExitNode": false', '"ExitNode": true')],
      dead,
    ]);
    expect(findings).toMatchObject([
      {
        code: "TL302",
        node: "laptop",
        involves: ["router"],
        fix: ["on laptop: tailscale set --exit-node=", expect.stringMatching(/^on router: curl/)],
        explains: [expect.stringContaining("its tailscaled does")],
      },
    ]);
  });
});

describe("TL124 in a lab that runs", () => {
  const noTunnelRoutes = ({ stdout }: { stdout: string }) => ({
    stdout: JSON.stringify(
      JSON.parse(stdout).filter(({ dev }: { dev: string }) => dev !== "tailscale0"),
    ),
  });

  test("a node that has just joined has its routes a moment later", async () => {
    let looks = 0;
    const late: Alteration = [
      "laptop",
      "ip -j route",
      (output) => (++looks === 1 ? noTunnelRoutes(output) : {}),
    ];
    expect(await codes(undefined, [late], { isLive: true })).toEqual([]);
    expect(looks).toBe(2);
  });

  test("routes that are gone stay gone", async () => {
    const gone: Alteration = ["laptop", "ip -j route", noTunnelRoutes];
    expect(await codes(undefined, [gone], { isLive: true })).toEqual(["TL124 laptop"]);
  });

  test("TL107: of a router whose rules are gone, without a question", async () => {
    const flushed: Alteration = ["router", "nft -j", ruleset(() => [])];
    expect(await codes(undefined, [flushed], { isLive: true })).toEqual(["TL107 router"]);
    // A machine that is not the lab's may have them in iptables-legacy, which nft does not show.
    expect(await codes(undefined, [flushed])).toEqual([]);
  });
});

const ipv6Off = replace("net.ipv6.conf.all.forwarding = 1", "net.ipv6.conf.all.forwarding = 0");
const tunnelOff = replace(
  "net.ipv4.conf.tailscale0.forwarding = 1",
  "net.ipv4.conf.tailscale0.forwarding = 0",
);

test("TL106: forwarding is off for an interface, on a router without IPv6 too", async () => {
  expect(await codes(undefined, [["router", "sysctl", ipv6Off]])).toEqual([]);
  expect(
    await codes(undefined, [
      ["router", "sysctl", ipv6Off],
      ["router", "sysctl", tunnelOff],
    ]),
  ).toEqual(["TL106 router"]);
});

test("a router of IPv6 alone forwards without IPv4's switches", async () => {
  const ofIpv6: Alteration = [
    "router",
    "tailscale debug prefs",
    replace(/"0.0.0.0\/0",\s+"::\/0",\s+"10.20.0.0\/24"/, '"fd00:20::/64"'),
  ];
  const found = await codes(undefined, [ofIpv6, ["router", "sysctl", tunnelOff]]);
  expect(found).not.toContain("TL106 router");
  expect(await codes(undefined, [ofIpv6, ["router", "sysctl", ipv6Off]])).toContain("TL106 router");
});

test.each(["tailscale0", "lan"])(
  "TL106: what comes in by %s alone is not forwarded",
  async (device) => {
    const { findings } = await found(asked, [
      ...silent,
      [
        "router",
        "sysctl",
        replace(`net.ipv4.conf.${device}.forwarding = 1`, `net.ipv4.conf.${device}.forwarding = 0`),
      ],
    ]);
    expect(findings).toMatchObject([
      { code: "TL106", what: expect.stringContaining(`what comes in by ${device}`) },
    ]);
  },
);

test("TL106: of a VLAN, whose dot sysctl writes as a slash", async () => {
  const vlan: Alteration[] = [
    ["router", "ip -j addr", replace('"ifname": "lan"', '"ifname": "eth0.100"')],
    [
      "router",
      "sysctl",
      replace("net.ipv4.conf.lan.forwarding = 1", "net.ipv4.conf.eth0/100.forwarding = 0"),
    ],
  ];
  const { findings } = await found(undefined, vlan);
  expect(findings).toMatchObject([
    {
      code: "TL106",
      what: expect.stringContaining("what comes in by eth0.100"),
      seen: [{ line: "net.ipv4.conf.eth0/100.forwarding = 0" }],
      fix: ["on router: sysctl -w net.ipv4.conf.eth0/100.forwarding=1", expect.anything()],
    },
  ]);
});

test("TL201: no rule lets the node use what is behind the router, so that it is handed no route", async () => {
  const { findings } = await found(asked, [
    ...silent,
    ["laptop", "tailscale status", replace(/"10\.20\.0\.0\/24"/, '"10.99.0.0/24"')],
    closed,
  ]);
  expect(findings).toMatchObject([
    {
      code: "TL201",
      node: "router",
      fix: expect.arrayContaining([expect.stringContaining('"10.20.0.30"')]),
    },
  ]);
});

test("TL201 names a user that the policy misspells", async () => {
  const misspelt: Alteration = ["control", "headscale policy", replace("alice@", "alcie@")];
  const { findings } = await found("laptop router:80", [...silent, closed, misspelt]);
  expect(findings[0]).toMatchObject({
    code: "TL201",
    seen: [{}, { node: "control", line: '"alcie@", and the users are alice' }],
    fix: [
      expect.anything(),
      expect.stringMatching(/: write "alice@" in place of "alcie@", or add \{/),
      expect.anything(),
    ],
  });
  const other: Alteration = ["control", "headscale policy", replace("alice@", "zoe@")];
  const stranger = await found("laptop router:80", [...silent, closed, other]);
  expect(stranger.findings[0]?.fix.join()).not.toContain("in place of");
});

test("TL201, and not TL303, where control has renamed the user", async () => {
  const renamed: Alteration = ["control", "headscale users", replace("alice", "alicea")];
  const { findings } = await found("laptop router:80", [...silent, closed, renamed]);
  expect(findings[0]).toMatchObject({
    code: "TL201",
    seen: [{}, { line: '"alice@", and the users are alicea' }],
    fix: [
      expect.anything(),
      expect.stringContaining('write "alicea@" in place of "alice@"'),
      expect.anything(),
    ],
  });
});

test("TL201 is none of a router that asks for what it serves itself", async () => {
  const served: Alteration = [
    "control",
    "headscale nodes",
    replace("10.20.0.0/24", "10.99.0.0/24"),
  ];
  const accepts: Alteration = [
    "router",
    "tailscale debug prefs",
    replace('"RouteAll": false', '"RouteAll": true'),
  ];
  expect(await codes("router 10.99.0.5:80", [served, accepts, closed])).not.toContain(
    "TL201 router",
  );
});

test("TL107 is none of a router whose tailscaled is stopped: it has taken its rules away", async () => {
  const { findings } = await found(asked, [
    ...silent,
    ["router", "nft -j", ruleset(() => [])],
    [
      "router",
      "tailscale status",
      replace('"BackendState": "Running"', '"BackendState": "Stopped"'),
    ],
  ]);
  expect(findings.map(({ code }) => code)).toEqual(["TL210"]);
});

/** The router's rules with one chain more, in a table of its own. */
function withChain(hook: string, policy: string, ...rules: object[][]): Alteration {
  const table = { family: "inet", table: "mine" };
  const added = [
    { chain: { ...table, name: "own", hook, policy } },
    ...rules.map((expr) => ({ rule: { ...table, chain: "own", expr } })),
  ] as unknown as Ruleset;
  return ["router", "nft -j", ruleset((all) => [...all, ...added])];
}
