import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../../cli/diagnosis.ts";
import { diagnosisText } from "../../lab/doctor/text.ts";
import { type Alteration, codes, found, replace } from "./altered-source.ts";

const isRelays = "tailscale debug derp-map";
const isResolvers = "{ tailscale dns status";
const isControl = "url=$(tailscale debug prefs";
const timedOut =
  "28 curl: (28) Failed to connect to relay port 443 after 4001 ms: Timeout was reached 000 0.000000";
const expired = "60 curl: (60) SSL certificate problem: certificate has expired 000 0.000319";

/** What a trial printed, line by line: those that match, altered. */
function lines(pattern: RegExp, to: string) {
  return ({ stdout }: { stdout: string }) => {
    const after = stdout
      .split("\n")
      .map((line) => line.replace(pattern, to))
      .join("\n");
    if (after === stdout) throw new Error(`no line has ${pattern}: ${stdout}`);
    return { stdout: after };
  };
}
const onBoth = (command: string, alter: Alteration[2]): Alteration[] => [
  ["laptop", command, alter],
  ["router", command, alter],
];
const noControl = lines(
  /^answer .*$/,
  "curl: (28) Failed to connect to control.lab.test port 443 after 4001 ms: Timeout was reached\nanswer 000 \nexit 28",
);
const firstRelay = /^(derp-fra\S*) https .*$/;
const silentRelay = lines(firstRelay, `$1 https ${timedOut}`);
/** netcheck without the region of the first relay. */
const withoutStun: Alteration[2] = ({ stdout }) => {
  const report = JSON.parse(stdout);
  const [id] = Object.keys(report.RegionLatency).sort().reverse();
  for (const key of ["RegionLatency", "RegionV4Latency"]) delete report[key][id ?? ""];
  return { stdout: JSON.stringify(report, null, 1) };
};

describe("control", () => {
  test("TL301: nobody gets an answer, nor does control itself", async () => {
    expect(
      await codes(undefined, [
        ...onBoth(isControl, noControl),
        [
          "control",
          "headscale nodes list",
          () => ({
            exitCode: 1,
            stdout: '{\n\t"error": "connecting to headscale: context deadline exceeded"\n}\n',
          }),
        ],
      ]),
    ).toContain("TL301 control");
  });

  test("TL301 goes first where who asks has not heard of the tailnet since it has started", async () => {
    const down: Alteration[] = [
      ...onBoth(isControl, noControl),
      [
        "control",
        "headscale nodes list",
        () => ({ exitCode: 1, stdout: "context deadline exceeded" }),
      ],
    ];
    const away: Alteration[] = [
      [
        "laptop",
        "nc -vz",
        () => ({ exitCode: 1, stderr: "nc: connect to 100.64.0.1 port 80 (tcp) timed out" }),
      ],
      ["laptop", "ping", () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received" })],
      ["router", "sysctl", replace("net.ipv4.ip_forward = 1", "net.ipv4.ip_forward = 0")],
    ];
    const starting: Alteration = [
      "laptop",
      "tailscale status",
      replace('"BackendState": "Running"', '"BackendState": "NoState"'),
    ];
    const asked = "laptop printer:80";
    expect((await codes(asked, [...away, ...down]))[0]).toBe("TL106 router");
    expect((await codes(asked, [...away, ...down, starting]))[0]).toBe("TL301 control");
  });

  test("what is cut off, or printed by a machine without curl, says nothing of control or resolvers", async () => {
    const cut =
      (until: RegExp): Alteration[2] =>
      ({ stdout }) => ({
        stdout: until.exec(stdout)?.[0] ?? "",
      });
    const { findings, notLooked } = await found(undefined, [
      ...onBoth(isControl, cut(/^url \S+/)),
      ...onBoth(isResolvers, cut(/^\S+ /)),
    ]);
    expect(findings).toEqual([]);
    expect(notLooked.map(({ why }) => why).join()).toContain("curl's answer is not in it");
    const withoutCurl: Alteration[2] = ({ stdout }) => ({
      stdout: `${stdout.split("\n")[0]}\nsh: 3: curl: not found\nexit 127\n`,
    });
    const { findings: without } = await found(undefined, onBoth(isControl, withoutCurl));
    expect(without).toEqual([]);
  });

  test("TL302: one of them gets none", async () => {
    expect(await codes(undefined, [["laptop", isControl, noControl]])).toEqual(["TL302 laptop"]);
  });

  test("TL302: a certificate that is not trusted is no server that does not answer", async () => {
    const early: Alteration[2] = () => ({
      stdout:
        "url https://control.lab.test\nanswer 000 \ncurl: (60) SSL certificate problem: certificate is not yet valid\nexit 60\n",
    });
    const { findings } = await found(undefined, [["laptop", isControl, early]]);
    expect(findings).toMatchObject([
      {
        code: "TL302",
        node: "laptop",
        what: expect.stringContaining("does not trust the certificate"),
        why: expect.stringContaining("laptop's clock is wrong"),
        fix: expect.arrayContaining(["on laptop, where `date` is wrong: timedatectl set-ntp true"]),
      },
    ]);
    expect(await codes(undefined, onBoth(isControl, early))).toEqual([
      "TL302 laptop",
      "TL302 router",
    ]);
  });

  test("TL303: nobody answers on the old connection, and a new one is answered", async () => {
    const alter: Alteration[2] = ({ stdout }) => ({
      stdout: stdout
        .replaceAll(/(fd=\d+\)\))/g, "$1 timer:(keepalive,11sec,2)")
        .replaceAll(/last(rcv|ack):\d+/g, "last$1:64000"),
    });
    expect(await codes(undefined, [["laptop", "ss -Htnpoi state", alter]])).toEqual([
      "TL303 laptop",
    ]);
  });
});

describe("relays", () => {
  test("TL304: neither TCP nor STUN is answered, to nobody", async () => {
    expect(
      await codes(undefined, [
        ...onBoth(isRelays, silentRelay),
        ...onBoth("tailscale netcheck", withoutStun),
      ]),
    ).toEqual(["TL304 fra"]);
  });

  test("TL305: STUN is answered all the same", async () => {
    expect(await codes(undefined, onBoth(isRelays, silentRelay))).toEqual(["TL305 fra"]);
    expect(await codes(undefined, [["laptop", isRelays, silentRelay]])).toEqual(["TL305 laptop"]);
  });

  test("TL306: its certificate has expired", async () => {
    const alter = lines(firstRelay, `$1 https ${expired}`);
    const { findings } = await found(undefined, onBoth(isRelays, alter));
    expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL306 fra"]);
    expect(findings[0]?.what).toContain("has expired");
  });

  test("TL307: it answers one node by nothing, and another reaches it", async () => {
    // Both are at home there.
    const alterations: Alteration[] = [
      ["laptop", isRelays, silentRelay],
      ["laptop", "tailscale netcheck", withoutStun],
    ];
    expect(await codes(undefined, alterations)).toEqual(["TL307 laptop"]);
    const { findings } = await found("laptop router:80", alterations);
    expect(findings.map(({ what }) => what)).toEqual([
      "laptop can't reach relay fra, its own home and the home of router",
    ]);
  });

  describe("of a region with two", () => {
    const second = { HostName: "derp-fra2.lab.test", IPv4: "198.18.0.185", DERPPort: 443 };
    const netmapWith = (relay: object): Alteration[2] => {
      return ({ stdout }) => {
        const netmap = JSON.parse(stdout);
        netmap.DERPMap.Regions["984"].Nodes.push(relay);
        return { stdout: JSON.stringify(netmap) };
      };
    };
    const secondProbed = (https: string): Alteration[2] => {
      return ({ stdout }) => ({ stdout: `${stdout}derp-fra2.lab.test https ${https}\n` });
    };
    const region = onBoth("tailscale debug netmap", netmapWith(second));
    const refused = "7 000 0 curl: (7) Failed to connect to derp-fra2.lab.test port 443";

    test("one that is down is not the region", async () => {
      expect(
        await codes(undefined, [...region, ...onBoth(isRelays, secondProbed(refused))]),
      ).toEqual([]);
      const firstDown = onBoth(isRelays, silentRelay);
      const secondUp = onBoth(isRelays, secondProbed("0 204 0.01"));
      expect(await codes(undefined, [...region, ...firstDown, ...secondUp])).toEqual([]);
    });

    test("TL304: both are down; TL307: to one node", async () => {
      const down = (node: string): Alteration[] => [
        [node, isRelays, silentRelay],
        [node, isRelays, secondProbed(refused)],
        [node, "tailscale netcheck", withoutStun],
      ];
      expect(await codes(undefined, [...region, ...down("laptop"), ...down("router")])).toEqual([
        "TL304 fra",
      ]);
      expect(await codes(undefined, [...region, ...down("laptop")])).toEqual(["TL307 laptop"]);
    });

    test("one that answers STUN alone relays nothing", async () => {
      const stunOnly = onBoth("tailscale debug netmap", netmapWith({ ...second, STUNOnly: true }));
      const { findings } = await found(undefined, [
        ...stunOnly,
        ...onBoth(isRelays, silentRelay),
        ...onBoth(isRelays, secondProbed("0 204 0.01")),
      ]);
      expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL305 fra"]);
    });
  });

  test("TL308: something else answers for every relay", async () => {
    const alter = lines(/^(\S+) http 0 204 response .*$/, "$1 http 0 302  http://login.example/");
    expect(await codes(undefined, [["laptop", isRelays, alter]])).toEqual(["TL308 laptop"]);
  });
});

describe("a node's own firewall", () => {
  const drops = (hook: string, match: object): Alteration => [
    "laptop",
    "nft -j",
    ({ stdout }) => {
      const { nftables } = JSON.parse(stdout);
      const own = { family: "inet", table: "mine" };
      const chain = { ...own, name: "own", type: "filter", hook, prio: 0, policy: "accept" };
      const rule = { ...own, chain: "own", expr: [{ match }, { drop: null }] };
      return { stdout: JSON.stringify({ nftables: [...nftables, { chain }, { rule }] }) };
    },
  ];
  const port = (protocol: string, field: string, right: number) => ({
    op: "==",
    left: { payload: { protocol, field } },
    right,
  });
  const silentRelays = lines(/^(\S+) https .*$/, `$1 https ${timedOut}`);
  const withoutTcp: Alteration[] = [
    ["laptop", isControl, noControl],
    ["laptop", isRelays, silentRelays],
  ];

  test.each([
    ["lets no TCP 443 out", drops("output", port("tcp", "dport", 443))],
    ["lets no answers in", drops("input", port("tcp", "sport", 443))],
  ])("TL130: it %s", async (_what, dropping) => {
    const { findings } = await found(undefined, [...withoutTcp, dropping]);
    expect(findings).toMatchObject([
      {
        code: "TL130",
        node: "laptop",
        what: "a firewall on laptop drops what it sends itself, or the answers: tcp/443",
        consequences: expect.arrayContaining([
          expect.objectContaining({ code: "TL302", node: "laptop" }),
          expect.objectContaining({ code: "TL305", node: "laptop" }),
        ]),
      },
    ]);
  });

  test("TL130: it lets no UDP out", async () => {
    const { findings } = await found(undefined, [
      ["laptop", "tailscale netcheck", replace('"UDP": true', '"UDP": false')],
      drops("output", { op: "==", left: { meta: { key: "l4proto" } }, right: "udp" }),
    ]);
    expect(findings).toMatchObject([
      { code: "TL130", node: "laptop", consequences: [{ code: "TL402" }] },
    ]);
  });

  test("TL130: it lets no question to a resolver out", async () => {
    const unanswered = lines(/^(198\.18\.0\.53|100\..*|fd.*) 0 .*$/, "$1 status ");
    const { findings } = await found(undefined, [
      ["laptop", isResolvers, unanswered],
      drops("output", port("udp", "dport", 53)),
    ]);
    expect(findings[0]).toMatchObject({ code: "TL130", node: "laptop" });
    const { findings: without } = await found(undefined, [["laptop", isResolvers, unanswered]]);
    expect(without).toMatchObject([
      {
        code: "TL508",
        fix: ["on laptop's network: let UDP and TCP 53 to 198.18.0.53 pass", expect.anything()],
      },
    ]);
  });

  test("TL130: it lets no question of programs to MagicDNS out", async () => {
    const { findings } = await found(undefined, [
      ["laptop", isResolvers, lines(/^(100\.100\.100\.100) .*$/, "$1 status ")],
      drops("output", {
        op: "==",
        left: { payload: { protocol: "ip", field: "daddr" } },
        right: "100.100.100.100",
      }),
    ]);
    expect(findings).toMatchObject([
      { code: "TL130", node: "laptop", explains: ["laptop gets no answer of MagicDNS"] },
    ]);
  });

  test("a rule that drops what works, or something else, is no cause", async () => {
    expect(await codes(undefined, [drops("output", port("tcp", "dport", 443))])).toEqual([]);
    const other = drops("output", port("tcp", "dport", 25));
    expect(await codes(undefined, [...withoutTcp, other])).not.toContain("TL130 laptop");
  });
});

describe("paths", () => {
  test("TL402: no STUN, and relays by TCP", async () => {
    const alter = replace('"UDP": true', '"UDP": false');
    expect(await codes(undefined, [["laptop", "tailscale netcheck", alter]])).toEqual([
      "TL402 laptop",
    ]);
  });

  test("TL407, TL408: small packets are lost, or only many large ones", async () => {
    const burst = (sent: number, received: number, average: number) => () => ({
      stdout: `${sent} packets transmitted, ${received} received, 10% packet loss, time 900ms\nrtt min/avg/max/mdev = 0.9/${average}/99/1 ms\n`,
    });
    expect(
      await codes("laptop router:80", [
        ["laptop", "ping -q -n -W 1 -c 40", burst(40, 35, 1.4)],
        ["laptop", "ping -q -n -W 1 -c 100", burst(100, 85, 1.4)],
      ]),
    ).toEqual(["TL407 laptop"]);
    // A single trial over the same link may well be lost.
    expect(
      await codes("laptop router:80", [
        ["laptop", "ping -q -n -W 1 -c 40", burst(40, 15, 1.4)],
        ["laptop", "ping -q -n -W 1 -c 100", burst(100, 35, 1.4)],
        ["laptop", isControl, noControl],
        ["laptop", isRelays, silentRelay],
      ]),
    ).toEqual(["TL407 laptop"]);
    // Nor must the first pings have come back: those of another size did.
    expect(
      await codes("laptop router:80", [
        ["laptop", "ping -n -c 2", () => ({ stdout: "2 packets transmitted, 0 received\n" })],
        ["laptop", "tailscale ping -c", () => ({ exitCode: 1, stdout: "no reply\n" })],
        ["laptop", "ping -q -n -W 1 -c 40", burst(40, 15, 1.4)],
        ["laptop", "ping -q -n -W 1 -c 100", burst(100, 35, 1.4)],
        ["laptop", isControl, noControl],
      ]),
    ).toEqual(["TL407 laptop"]);
    expect(
      await codes("laptop router:80", [
        ["laptop", "ping -q -n -W 1 -c 40", burst(40, 40, 1.4)],
        ["laptop", "ping -q -n -W 1 -c 100", burst(100, 51, 451)],
      ]),
    ).toEqual(["TL408 laptop"]);
  });

  test("TL409: the network says that whole packets are too large", async () => {
    const alter = lines(/^(\S+) ping yes yes ?$/, "$1 ping yes no 1300");
    expect(await codes(undefined, [["laptop", isRelays, alter]])).toEqual(["TL409 laptop"]);
  });

  test("TL404: the peer is told of no endpoint, which the node has", async () => {
    const alter: Alteration[2] = ({ stdout }) => {
      const netmap = JSON.parse(stdout);
      for (const peer of netmap.Peers) peer.Endpoints = null;
      return { stdout: JSON.stringify(netmap) };
    };
    expect(await codes(undefined, [["router", "tailscale debug netmap", alter]])).toEqual([
      "TL404 laptop",
    ]);
  });

  const relayed: Alteration = [
    "laptop",
    "tailscale ping",
    ({ stdout }) => ({
      stdout: /TSMP/.test(stdout) ? stdout : "pong from router (100.64.0.1) via DERP(fra) in 5ms\n",
    }),
  ];

  test("TL410: nothing stands against a direct path, and all pings go by relay", async () => {
    expect(await codes("laptop router", [relayed])).toEqual(["TL410 laptop"]);
  });

  test("TL401: a hard NAT is nothing that is wrong", async () => {
    const diagnosis = await found("laptop router", [
      relayed,
      [
        "router",
        "tailscale netcheck",
        replace('"MappingVariesByDestIP": false', '"MappingVariesByDestIP": true'),
      ],
    ]);
    expect(diagnosis.findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      "TL401 info",
    ]);
    expect(exitCodeOf(diagnosis)).toBe(0);
    expect(diagnosisText(diagnosis, { all: false })).toContain(
      "It works, and nothing is wrong; 1 remark.",
    );
  });

  test("TL401 in a capture, where the status alone tells that the pair is relayed", async () => {
    const untried: Alteration = ["laptop", "tailscale ping", () => undefined];
    const hard: Alteration = [
      "router",
      "tailscale netcheck",
      replace('"MappingVariesByDestIP": false', '"MappingVariesByDestIP": true'),
    ];
    const byRelay = replace('"CurAddr": "198.18.157.106:41641"', '"CurAddr": ""');
    const { findings, chain } = await found("laptop router", [
      untried,
      hard,
      ["laptop", "tailscale status", byRelay],
    ]);
    expect(findings.map(({ code }) => code)).toEqual(["TL401"]);
    expect(JSON.stringify(findings[0]?.seen)).toContain('\\"CurAddr\\": \\"\\"');
    expect(chain.find(({ step }) => step === "path")?.seen).toBe("derp via fra, by its status");
    const direct = await found("laptop router", [untried, hard]);
    expect(direct.findings).toEqual([]);
    expect(direct.chain.find(({ step }) => step === "path")).toEqual({
      step: "path",
      state: "ok",
      seen: "direct via 198.18.157.106:41641, by its status",
    });
  });

  test("TL412: both have one address in the internet", async () => {
    const { findings } = await found("laptop router", [
      relayed,
      ["router", "tailscale netcheck", replace("198.18.157.106:", "198.18.82.189:")],
    ]);
    expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL412 laptop"]);
    expect(findings[0]?.what).toContain("198.18.82.189");
  });

  test("TL411: tailscaled's environment", async () => {
    const alter: Alteration[2] = ({ stdout }) => ({
      stdout: `${stdout}TS_DEBUG_ALWAYS_USE_DERP=true\n`,
    });
    expect(await codes(undefined, [["laptop", "for p in", alter]])).toEqual(["TL411 laptop"]);
  });
});

describe("names", () => {
  const unresolved: Alteration = ["laptop", "getent ahosts", () => ({ exitCode: 2, stdout: "" })];
  const answer = (status: string): Alteration => [
    "laptop",
    "dig +tries=1",
    () => ({ stdout: `;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n` }),
  ];

  test("TL501: a name of the tailnet, and no MagicDNS", async () => {
    expect(
      await codes("laptop router.tailnet.lab", [
        unresolved,
        answer("NXDOMAIN"),
        [
          "laptop",
          "tailscale dns status",
          replace('"MagicDNSEnabled": true', '"MagicDNSEnabled": false'),
        ],
      ]),
    ).toContain("TL501 laptop");
  });

  test("TL502: a name of the tailnet, whose DNS the node does not take", async () => {
    expect(
      await codes("laptop router.tailnet.lab", [
        unresolved,
        answer("NOERROR"),
        ["laptop", "tailscale debug prefs", replace('"CorpDNS": true', '"CorpDNS": false')],
      ]),
    ).toEqual(["TL502 laptop"]);
  });

  describe("in a capture, where nobody can try", () => {
    const untried: Alteration[] = [
      ["laptop", "getent ahosts", () => undefined],
      ["laptop", "dig +tries=1", () => undefined],
    ];

    test("a name of a peer is that peer, and nothing is found where all is well", async () => {
      for (const name of ["router.tailnet.lab", "Router.tailnet.lab.", "router"]) {
        const { findings, chain } = await found(`laptop ${name}`, untried);
        expect(findings).toEqual([]);
        expect(chain.find(({ step }) => step === "address")).toMatchObject({ state: "ok" });
      }
    });

    test("TL501, TL502: what is asked for can't resolve", async () => {
      const noMagic = replace('"MagicDNSEnabled": true', '"MagicDNSEnabled": false');
      const notAccepted = replace('"CorpDNS": true', '"CorpDNS": false');
      const ask = "laptop router.tailnet.lab";
      expect(await codes(ask, [...untried, ["laptop", "tailscale dns status", noMagic]])).toEqual([
        "TL501 laptop",
      ]);
      expect(
        await codes(ask, [...untried, ["laptop", "tailscale debug prefs", notAccepted]]),
      ).toEqual(["TL502 laptop"]);
      // A name that is not the tailnet's does without its DNS.
      const others = codes("laptop www.example.com", [
        ...untried,
        ["laptop", "tailscale debug prefs", notAccepted],
      ]);
      expect(await others).toEqual([]);
    });

    test("TL504: nobody in the tailnet has the name", async () => {
      for (const name of ["ruoter.tailnet.lab", "ruoter"]) {
        const { findings } = await found(`laptop ${name}`, untried);
        expect(findings.map(({ code }) => code)).toEqual(["TL504"]);
        expect(findings[0]?.what).toContain("router.tailnet.lab is there");
      }
      // It may be of /etc/hosts.
      expect(await codes("laptop files", untried)).toEqual([]);
      // Extra records stand in the netmap.
      const noNetmap: Alteration = ["laptop", "tailscale debug netmap", () => undefined];
      expect(await codes("laptop ruoter.tailnet.lab", [...untried, noNetmap])).toEqual([]);
    });
  });

  test("TL503: another server goes before MagicDNS, and has the last word", async () => {
    const before: Alteration[2] = ({ stdout }) => ({ stdout: `nameserver 192.168.1.1\n${stdout}` });
    const first: Alteration = ["laptop", "cat /etc/resolv.conf", before];
    const { findings } = await found("laptop router.tailnet.lab", [
      first,
      unresolved,
      [
        "laptop",
        "dig +tries=1 +time=2 @100.100.100.100",
        () => ({
          stdout:
            ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; ANSWER SECTION:\nrouter.tailnet.lab. 600 IN A 100.64.0.1\n",
        }),
      ],
    ]);
    expect(findings[0]).toMatchObject({
      code: "TL503",
      node: "laptop",
      what: "another program than tailscaled has put 192.168.1.1 first in laptop's /etc/resolv.conf",
      fix: [expect.anything(), expect.stringContaining("find who writes it"), expect.anything()],
    });
    expect(findings.map(({ code }) => code)).not.toContain("TL514");
    expect(await codes(undefined, [first])).toEqual(["TL503 laptop"]);
    const after: Alteration = [
      "laptop",
      "cat /etc/resolv.conf",
      ({ stdout }) => ({ stdout: `${stdout}\nnameserver 192.168.1.1\n` }),
    ];
    expect(await codes(undefined, [after])).toEqual([]);
  });

  test("TL503: NetworkManager has written resolv.conf", async () => {
    const text = "# Generated by NetworkManager\nnameserver 198.18.0.53\n";
    expect(
      await codes(undefined, [["laptop", "cat /etc/resolv.conf", () => ({ stdout: text })]]),
    ).toEqual(["TL503 laptop"]);
  });

  test.each([
    [
      "wiki.corp.internal",
      [],
      "on control, where a DNS server of yours has it: give its domain that nameserver",
    ],
    [
      "gone.corp.internal",
      ["corp.internal"],
      "on laptop: dig @10.20.0.30 gone.corp.internal, and add it there",
    ],
    ["nobody.tailnet.lab", [], "on laptop: tailscale status"],
  ])("TL504: what to do about %s", async (name, split, fix) => {
    const routes = split.map((domain) => `"${domain}": [{ "Addr": "10.20.0.30" }]`);
    const { findings } = await found(`laptop ${name}`, [
      unresolved,
      answer("NXDOMAIN"),
      [
        "laptop",
        "tailscale dns status",
        ({ stdout }) => ({
          stdout: stdout.replace('"SplitDNSRoutes": {}', `"SplitDNSRoutes": {${routes}}`),
        }),
      ],
    ]);
    expect(findings.find(({ code }) => code === "TL504")?.fix[0]).toBe(fix);
  });

  test("TL504: a name that is near another", async () => {
    const { findings } = await found("laptop ruoter.tailnet.lab", [unresolved, answer("NXDOMAIN")]);
    expect(findings.map(({ code }) => code)).toEqual(["TL504"]);
    expect(findings[0]?.what).toContain("router.tailnet.lab");
  });

  test("TL504: the name of a node that control calls otherwise", async () => {
    const { findings } = await found("laptop router.tailnet.lab", [
      unresolved,
      answer("NXDOMAIN"),
      [
        "laptop",
        "tailscale status",
        replace('"DNSName": "router.tailnet.lab."', '"DNSName": "gateway.tailnet.lab."'),
      ],
    ]);
    expect(findings).toMatchObject([
      { code: "TL504", fix: ["on laptop: use gateway.tailnet.lab", expect.anything()] },
    ]);
  });

  test("TL508: nobody gets an answer of the resolver for all names", async () => {
    const alter: Alteration[2] = ({ stdout }) => ({
      stdout: stdout.replaceAll(/^(\S+) \d+ [A-Z]*$/gm, "$1 9 "),
    });
    expect(await codes(undefined, onBoth(isResolvers, alter))).toEqual(["TL508 198.18.0.53"]);
  });

  /** The policy lets the laptop ask it. */
  const mayAsk = (address: string): Alteration => [
    "router",
    "tailscale debug netmap",
    ({ stdout }) => {
      const netmap = JSON.parse(stdout);
      const Dsts = [{ Net: address, Ports: { First: 53, Last: 53 } }];
      netmap.PacketFilter.push({ Srcs: ["100.64.0.2"], Dsts, IPProto: [6, 17] });
      return { stdout: JSON.stringify(netmap) };
    },
  ];
  const resolverAt = (address: string): Alteration[] => [
    mayAsk(address),
    unresolved,
    answer("SERVFAIL"),
    [
      "laptop",
      "tailscale dns status",
      replace(
        '"SplitDNSRoutes": {}',
        `"SplitDNSRoutes": { "corp.internal": [{ "Addr": "${address}" }] }`,
      ),
    ],
    ["laptop", isResolvers, ({ stdout }) => ({ stdout: `${stdout}${address} status \n` })],
  ];
  const resolverNode = resolverAt("100.64.0.1");

  test("TL512: the server of a domain is a node, and does not answer", async () => {
    expect(await codes("laptop wiki.corp.internal", resolverNode)).toEqual(["TL512 router"]);
  });

  test.each([
    ["TL512 laptop", "100.64.0.1"],
    ["TL505 laptop", "10.20.0.30"],
  ])(
    "%s: the policy does not let the node ask a server that may be well",
    async (code, address) => {
      const [, ...denied] = resolverAt(address);
      const { findings } = await found("laptop wiki.corp.internal", denied);
      expect(findings.map((each) => `${each.code} ${each.node}`)).toEqual([code]);
      expect(findings[0]).toMatchObject({
        what: `laptop gets no answer of the tailnet's resolver ${address} for corp.internal`,
        seen: [{}, { node: "router", command: "tailscale debug netmap" }],
        why: expect.stringMatching(/^no rule of the policy lets laptop use it/),
      });
      // Of another name nobody asks it.
      expect(await codes("laptop router:80", denied.slice(2))).toEqual([]);
    },
  );

  test("no policy keeps a node from asking itself", async () => {
    const [, ...denied] = resolverAt("100.64.0.2");
    const { findings } = await found("laptop wiki.corp.internal", denied);
    expect(findings[0]).toMatchObject({
      code: "TL512",
      what: expect.stringContaining("does not answer"),
      why: expect.not.stringContaining("policy"),
    });
  });

  /** A DNS server, and a rule that drops what is asked of it by UDP, of everybody or from one address. */
  const dropsQuestions = (machine: string, from?: string): Alteration[] => {
    const [family, table, chain] = ["inet", "mine", "in"];
    const is = (protocol: string, field: string, right: number | string) => ({
      match: { op: "==", left: { payload: { protocol, field } }, right },
    });
    const ofOne = from === undefined ? [] : [is("ip", "saddr", from)];
    const expr = [...ofOne, is("udp", "dport", 53), { drop: null }];
    return [
      [
        machine,
        "ss -Hltunp",
        ({ stdout }) => ({
          stdout: `${stdout}udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* users:(("dnsmasq",pid=9,fd=4))\n`,
        }),
      ],
      [
        machine,
        "nft -j",
        ({ stdout }) => {
          const all = JSON.parse(stdout) as { nftables: object[] };
          all.nftables.push(
            { chain: { family, table, name: chain, hook: "input", policy: "accept" } },
            { rule: { family, table, chain, expr } },
          );
          return { stdout: JSON.stringify(all) };
        },
      ],
    ];
  };
  const letsPass = expect.stringMatching(
    /: nft insert rule .* udp dport 53 accept && nft .* tcp dport 53 accept$/,
  );

  test("TL512: its machine's firewall drops what it is asked", async () => {
    const { findings } = await found("laptop wiki.corp.internal", [
      ...resolverNode,
      ...dropsQuestions("router"),
    ]);
    expect(findings.find(({ code }) => code === "TL512")).toMatchObject({
      seen: [{}, { command: "nft -j list ruleset" }],
      fix: [letsPass, expect.anything()],
    });
  });

  test.each([
    ["what has the router's address in the LAN", "10.20.0.32", letsPass],
    [
      "what nobody there has, the node's own",
      "100.64.0.2",
      expect.stringContaining("start its DNS server"),
    ],
  ])("TL505: a server behind a router, whose firewall drops %s", async (_what, source, fix) => {
    const { findings } = await found("laptop wiki.corp.internal", [
      ...resolverAt("10.20.0.30"),
      ...dropsQuestions("printer", source),
    ]);
    expect(findings.find(({ code }) => code === "TL505")?.fix[0]).toEqual(fix);
  });

  test("TL505: a server's firewall drops what comes from one node, and another gets an answer", async () => {
    const here = resolverAt("10.20.0.30");
    const split = here
      .filter(([, command]) => command === "tailscale dns status")
      .map(([, command, alter]): Alteration => ["router", command, alter]);
    const answered: Alteration = [
      "router",
      isResolvers,
      ({ stdout }) => ({ stdout: `${stdout}10.20.0.30 status REFUSED\n` }),
    ];
    const { findings } = await found("laptop wiki.corp.internal", [
      ...here,
      ...split,
      answered,
      ...dropsQuestions("printer", "10.20.0.32"),
    ]);
    expect(findings).toMatchObject([
      {
        code: "TL505",
        node: "laptop",
        seen: [{}, { node: "printer", command: "nft -j list ruleset" }, { node: "router" }],
        why: "the server is up, as router gets an answer, and the firewall of printer drops what comes from laptop",
        fix: [letsPass],
      },
    ]);
  });

  test("what makes that server silent answers the question, wherever it is", async () => {
    const { findings } = await found("laptop wiki.corp.internal", resolverNode, {
      down: ["router"],
    });
    expect(findings[0]).toMatchObject({ code: "TL118", node: "router" });
    expect(findings[0]?.consequences.map(({ code }) => code)).toContain("TL512");
  });

  test("TL510: no search domain", async () => {
    const alter = replace(/^search .*$|\nsearch .*/, "\n");
    expect(await codes(undefined, [["laptop", "cat /etc/resolv.conf", alter]])).toEqual([
      "TL510 laptop",
    ]);
  });

  test("TL511: the domain covers control's name", async () => {
    const alter = replace("tailnet.lab", "lab.test");
    expect(
      await codes(undefined, [
        ["laptop", "tailscale dns status", alter],
        ["laptop", "tailscale status", alter],
        ["laptop", "cat /etc/resolv.conf", alter],
      ]),
    ).toContain("TL511 laptop");
  });

  test("TL511, and not TL504, where control's name was asked", async () => {
    const alter = replace("tailnet.lab", "lab.test");
    expect(
      await codes("laptop control.lab.test", [
        unresolved,
        answer("NXDOMAIN"),
        ["laptop", "tailscale dns status", alter],
        ["laptop", "tailscale status", alter],
        ["laptop", "cat /etc/resolv.conf", alter],
      ]),
    ).toEqual(["TL511 laptop"]);
  });
});
