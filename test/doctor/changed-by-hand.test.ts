import { describe, expect, test } from "vitest";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { diagnosisText } from "../../lab/doctor/text.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { onlyPortSilent, refused, silent, strict, untried } from "./alterations.ts";
import {
  type Alteration,
  alteredSource,
  appended,
  codes,
  found,
  replace,
} from "./altered-source.ts";

describe("what a machine, its user or control has changed", () => {
  const json = (alter: (value: never) => void): Alteration[2] => {
    return ({ stdout }) => {
      const value = JSON.parse(stdout) as never;
      alter(value);
      return { stdout: JSON.stringify(value) };
    };
  };
  const shieldsUp: Alteration = [
    "router",
    "tailscale debug prefs",
    replace('"ShieldsUp": false', '"ShieldsUp": true'),
  ];

  test("TL123: shields are up, where somebody wants in", async () => {
    expect(await codes("laptop router:80", [shieldsUp, ...silent])).toEqual(["TL123 router"]);
    expect(await codes(undefined, [shieldsUp])).toEqual([]);
    expect(await codes("laptop router:80", [shieldsUp])).toEqual([]);
  });

  test("TL108 in a capture: what was dropped long ago counts where answers go another way alone", async () => {
    expect(await codes(undefined, strict("router"))).toEqual(["TL108 router"]);
    expect(await codes(undefined, strict("laptop"))).toEqual([]);
    expect(await codes(undefined, strict("laptop"), { isLive: true })).toEqual(["TL108 laptop"]);
    expect(await codes("laptop router:80", [...untried, ...strict("laptop")])).toEqual([]);
  });

  test("TL129: tailscale serve hands on to where nobody listens", async () => {
    const served = (target: string, port = 8000): Alteration => [
      "router",
      "tailscale serve",
      () => ({
        stdout: JSON.stringify({
          TCP: { [port]: { HTTP: true } },
          Web: { [`router.tailnet.lab:${port}`]: { Handlers: { "/": { Proxy: target } } } },
        }),
      }),
    ];
    const dead = served("http://127.0.0.1:3000");
    expect(await codes(undefined, [dead])).toEqual(["TL129 router"]);
    const asked = await found("laptop router:80", [served("http://127.0.0.1:3000", 80)]);
    expect(asked.findings.map(({ code }) => code)).toEqual(["TL129"]);
    // The connection has opened all the same.
    expect(asked.works).toBe(false);
    expect(diagnosisText(asked, { all: false })).not.toContain("It works");
    for (const other of [
      served("http://127.0.0.1:80"),
      served("http://localhost:80"),
      served("http://10.20.0.30:3000"),
      served("unix:/run/wiki.sock"),
    ]) {
      expect(await codes(undefined, [other])).toEqual([]);
    }
    // Of another port nobody has asked.
    expect(await codes("laptop router:80", [dead])).toEqual([]);
    // It runs, and does not take what it is handed.
    const stuck: Alteration = [
      "router",
      "ss -Hltunp",
      ({ stdout }) => ({
        stdout: `${stdout}tcp LISTEN 2 128 127.0.0.1:3000 0.0.0.0:* users:(("wiki",pid=9,fd=4))\n`,
      }),
    ];
    const behind = await found("laptop router:80", [served("http://127.0.0.1:3000", 80), stuck]);
    expect(behind.findings.map(({ code }) => code)).toEqual(["TL127"]);
    expect(behind.works).toBe(false);
  });

  test("TL211: control has no node with the key", async () => {
    const without = json((nodes: { name: string }[]) => {
      nodes.splice(
        nodes.findIndex(({ name }) => name === "laptop"),
        1,
      );
    });
    const { findings } = await found("laptop router:80", [
      ["control", "headscale nodes list", without],
      ...silent,
    ]);
    expect(findings[0]).toMatchObject({ code: "TL211", node: "laptop" });
    const keyless = json((nodes: { node_key?: string }[]) => {
      for (const node of nodes) delete node.node_key;
    });
    const others = await codes(undefined, [["control", "headscale nodes list", keyless]]);
    expect(others.filter((each) => each.startsWith("TL211"))).toEqual([]);
  });

  test("TL122: no route leads to any relay", async () => {
    const cut = json((routes: { dst: string; dev?: string }[]) => {
      const left = routes.filter(({ dev }) => dev !== "lan");
      routes.splice(0, routes.length, ...left);
    });
    const down = json((interfaces: { ifname: string; flags: string[] }[]) => {
      for (const each of interfaces) {
        if (each.ifname === "lan") each.flags = each.flags.filter((flag) => flag !== "UP");
      }
    });
    const { findings } = await found(undefined, [
      ["laptop", "ip -j route", cut],
      ["laptop", "ip -j addr", down],
    ]);
    expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL122 laptop"]);
    expect(findings[0]?.what).toBe(
      "laptop has no route to the internet, and its interface lan is down",
    );
  });

  test("TL124: nothing leads into the tunnel", async () => {
    const flushed = json((routes: { table?: string | number }[]) => {
      const left = routes.filter(({ table }) => String(table) !== "52");
      routes.splice(0, routes.length, ...left);
    });
    expect(await codes(undefined, [["laptop", "ip -j route", flushed]])).toEqual(["TL124 laptop"]);
    const unruled = json((rules: { table?: string | number }[]) => {
      const left = rules.filter(({ table }) => String(table) !== "52");
      rules.splice(0, rules.length, ...left);
    });
    const { findings } = await found(undefined, [["laptop", "ip -j rule", unruled]]);
    expect(findings[0]?.what).toBe("the rules of laptop that lead into the tunnel are gone");
    const down = json((interfaces: { ifname: string; flags: string[] }[]) => {
      for (const each of interfaces) {
        if (each.ifname === "tailscale0") each.flags = each.flags.filter((flag) => flag !== "UP");
      }
    });
    const { findings: both } = await found(undefined, [
      ["laptop", "ip -j route", flushed],
      ["laptop", "ip -j addr", down],
    ]);
    expect(both[0]?.what).toBe(
      "the tunnel's interface tailscale0 of laptop is down, and its routes are gone with it",
    );
  });

  test("TL124: another rule goes before Tailscale's", async () => {
    const past = appended({
      priority: 2500,
      src: "all",
      dst: "10.20.0.0",
      dstlen: 24,
      table: "main",
    });
    const asked = "laptop printer:80";
    const { findings } = await found(asked, [...silent, ["laptop", "ip -j rule", past]]);
    expect(findings[0]).toMatchObject({
      code: "TL124",
      node: "laptop",
      seen: [{ line: "2500: from all to 10.20.0.0/24 lookup main" }, { command: /^ip -j route/ }],
    });
    // It does not matter as long as it works, and rules about some packets alone do not count.
    expect(await codes(asked, [["laptop", "ip -j rule", past]])).toEqual([]);
    const hole = appended({
      priority: 100,
      src: "all",
      dst: "100.64.0.0",
      dstlen: 10,
      action: "blackhole",
    });
    expect(await codes(undefined, [["router", "ip -j rule", hole]])).toEqual(["TL124 router"]);
    const ofOthers = appended({ priority: 100, src: "all", iif: "lan", action: "blackhole" });
    expect(await codes(undefined, [["router", "ip -j rule", ofOthers]])).toEqual([]);
    const exceptDefault = appended({
      priority: 100,
      src: "all",
      table: "main",
      suppress_prefixlen: "0",
    });
    expect(await codes(undefined, [["router", "ip -j rule", exceptDefault]])).toEqual([]);
    const answers = appended({ priority: 100, src: "100.64.0.1", table: "main" });
    expect(await codes(undefined, [["router", "ip -j rule", answers]])).toEqual(["TL124 router"]);
  });

  test("TL124: a VPN's rule is about all but its own packets", async () => {
    const vpn: Alteration[] = [
      [
        "laptop",
        "ip -j rule",
        appended(
          { priority: 5208, src: "all", table: "main", suppress_prefixlen: 0 },
          { priority: 5209, not: null, src: "all", fwmark: "0xca6c", table: "51820" },
        ),
      ],
      ["laptop", "ip -j route", appended({ dst: "default", dev: "wg0", table: "51820" })],
    ];
    const { findings } = await found("laptop router:80", [...silent, ...vpn]);
    expect(findings[0]).toMatchObject({
      code: "TL124",
      node: "laptop",
      seen: [
        { line: "5209: not from all fwmark 0xca6c lookup 51820" },
        { line: "0.0.0.0/0 dev wg0 table 51820" },
      ],
      fix: [
        "on laptop: ip rule del priority 5209",
        "on laptop, to keep that rule: ip rule add not fwmark 0x80000/0xff0000 priority 5199 lookup 52",
        "on laptop: ip route get 100.64.0.1",
        expect.anything(),
      ],
    });
    const kept: Alteration = [
      "laptop",
      "ip -j rule",
      appended({
        priority: 5199,
        not: null,
        src: "all",
        fwmark: "0x80000",
        fwmask: "0xff0000",
        table: "52",
      }),
    ];
    expect(await codes(undefined, [...vpn, kept])).toEqual([]);
  });

  test("TL124: what goes to MagicDNS does not go into the tunnel", async () => {
    const past: Alteration = [
      "laptop",
      "ip -j rule",
      appended({ priority: 90, src: "all", dst: "100.100.100.100", table: "main" }),
    ];
    const { findings } = await found(undefined, [past]);
    expect(findings).toMatchObject([
      {
        code: "TL124",
        node: "laptop",
        seen: [{ line: "90: from all to 100.100.100.100 lookup main" }, {}],
        explains: ["programs on laptop get no answer of MagicDNS"],
      },
    ]);
    const unasked: Alteration = ["laptop", "cat /etc/resolv.conf", replace("nameserver", "#")];
    expect(await codes(undefined, [past, unasked])).not.toContain("TL124 laptop");
  });

  test("no TL105: a rule spares the LAN, or another address is asked for", async () => {
    const captured: Alteration = ["laptop", "ip -j addr", replace("192.168.1.", "10.20.0.")];
    const near: Alteration = [
      "laptop",
      "ip -j route",
      appended({ dst: "10.20.0.0/24", dev: "lan" }),
    ];
    const spared: Alteration = [
      "laptop",
      "ip -j rule",
      appended({
        priority: 2500,
        src: "all",
        dst: "10.20.0.0",
        dstlen: 24,
        table: "main",
      }),
    ];
    expect(await codes(undefined, [captured, near])).toEqual(["TL105 laptop"]);
    expect(await codes(undefined, [captured, near, spared])).toEqual([]);
    expect(await codes("laptop router:80", [captured, near, ...silent])).not.toContain(
      "TL105 laptop",
    );
    expect(await codes("laptop printer:80", [captured, near, ...silent])).toContain("TL105 laptop");
  });

  test("TL124: the route to one peer is gone, or barred", async () => {
    const ofRouter = "100.64.0.1";
    const other = { dst: "100.64.0.9", dev: "tailscale0", table: "52", flags: [] };
    const isPeer = json(({ Peer }: { Peer: Record<string, object> }) => {
      const [peer] = Object.values(Peer);
      Peer.other = { ...peer, HostName: "other", DNSName: "other.", TailscaleIPs: [other.dst] };
    });
    const routesWith = (...added: object[]) =>
      json((routes: { dst: string }[]) => {
        const left = routes.filter(({ dst }) => dst !== ofRouter);
        routes.splice(0, routes.length, ...left, ...(added as typeof routes));
      });
    const without = routesWith(other);
    const barred = routesWith(other, {
      ...other,
      dst: ofRouter,
      dev: undefined,
      type: "blackhole",
    });
    const known: Alteration = ["laptop", "tailscale status", isPeer];
    const { findings } = await found("laptop router:80", [
      ...silent,
      known,
      ["laptop", "ip -j route", without],
    ]);
    expect(findings[0]).toMatchObject({
      code: "TL124",
      node: "laptop",
      what: `what laptop sends to ${ofRouter} does not go into the tunnel: Tailscale's route to it is gone`,
      fix: [
        "on laptop: systemctl restart tailscaled",
        "on laptop: ip route get 100.64.0.1",
        expect.anything(),
      ],
    });
    // Without a question it may be that of a peer that has just joined.
    expect(await codes(undefined, [known, ["laptop", "ip -j route", without]])).toEqual([]);
    for (const asked of [undefined, "laptop router:80"]) {
      const { findings: bars } = await found(asked, [
        ...(asked === undefined ? [] : silent),
        known,
        ["laptop", "ip -j route", barred],
      ]);
      expect(bars[0]).toMatchObject({
        code: "TL124",
        seen: [{}, { line: "blackhole 100.64.0.1/32 table 52" }],
        fix: [
          "on laptop: ip route del blackhole 100.64.0.1/32 table 52",
          "on laptop: systemctl restart tailscaled",
          expect.anything(),
          expect.anything(),
        ],
      });
    }
  });

  test("TL124: the accepted route of a subnet router is gone", async () => {
    const without = json((routes: { dst: string }[]) => {
      const left = routes.filter(({ dst }) => dst !== "10.20.0.0/24");
      routes.splice(0, routes.length, ...left);
    });
    const alterations: Alteration[] = [...silent, ["laptop", "ip -j route", without]];
    expect(await codes("laptop printer:80", alterations)).toEqual(["TL124 laptop"]);
  });

  test("TL124: an MTU below that of IPv6 takes the tunnel's IPv6 away, and is told without a question", async () => {
    type Interfaces = { ifname: string; mtu: number; addr_info: { local: string }[] }[];
    const small = json((interfaces: Interfaces) => {
      for (const each of interfaces.filter(({ ifname }) => ifname === "tailscale0")) {
        each.mtu = 1000;
        each.addr_info = each.addr_info.filter(({ local }) => !local.includes(":"));
      }
    });
    const { findings } = await found(undefined, [["router", "ip -j addr", small]]);
    expect(findings).toMatchObject([
      {
        code: "TL124",
        node: "router",
        fix: ["on router: ip link set tailscale0 mtu 1280", expect.anything(), expect.anything()],
      },
    ]);
  });

  test("no TL124: a peer whose key has expired has no route", async () => {
    const without = json((routes: { dst: string; dev?: string }[]) => {
      const left = routes.filter(({ dst }) => dst !== "100.64.0.1");
      routes.splice(0, routes.length, ...left);
    });
    const expired = json(({ Peer }: { Peer: Record<string, { Expired?: boolean }> }) => {
      for (const peer of Object.values(Peer)) peer.Expired = true;
    });
    const alterations: Alteration[] = [
      ["laptop", "ip -j route", without],
      ["laptop", "tailscale status", expired],
    ];
    expect(await codes(undefined, alterations)).toEqual([]);
  });

  test("a tailscaled that control has not answered yet is not logged out", async () => {
    const starting = replace('"BackendState": "Running"', '"BackendState": "NoState"');
    expect(await codes(undefined, [["laptop", "tailscale status", starting]])).toEqual([]);
  });

  test("TL109: the interface of one end takes no larger packets", async () => {
    const lost: Alteration = [
      "laptop",
      "ping -n -M do -c 2 -i 0.3 -W 1 -s 1252",
      () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received\n" }),
    ];
    const small = json((interfaces: { ifname: string; mtu: number }[]) => {
      for (const each of interfaces) if (each.ifname === "lan") each.mtu = 1300;
    });
    const { findings } = await found("laptop printer:80", [lost, ["router", "ip -j addr", small]]);
    expect(findings[0]).toMatchObject({
      code: "TL109",
      node: "router",
      fix: ["on router: ip link set lan mtu 1500", expect.anything()],
    });
  });

  test("TL125: the service listens on the LAN's address", async () => {
    const onLan: Alteration = ["router", "ss -Hltunp", replace(" 0.0.0.0:80 ", " 10.20.0.2:80 ")];
    const { findings } = await found("laptop router:80", [refused, onLan]);
    expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL125 router"]);
    expect(findings[0]?.what).toMatch(
      /listens on port 80 of 10\.20\.0\.2 and ::, and not of 100\.64\./,
    );
  });

  test("TL125: tailscale serve publishes the service, and another address is asked for", async () => {
    const published: Alteration = [
      "router",
      "ss -Hltunp",
      ({ stdout }) => ({
        stdout: stdout
          .replace(" 0.0.0.0:80 ", " 127.0.0.1:80 ")
          .replace(
            /.*\[::\]:80 .*\n/,
            'tcp LISTEN 0 4096 [fd7a:115c:a1e0::2]:80 [::]:* users:(("tailscaled",pid=41,fd=26))\n',
          ),
      }),
    ];
    const { findings } = await found("laptop router:80", [refused, published]);
    expect(findings).toMatchObject([
      {
        code: "TL125",
        node: "router",
        what: expect.stringMatching(
          /^tailscale serve publishes port 80 of router on its tailnet addresses alone, and not on 100\.64\./,
        ),
        fix: [
          "over the tailnet: ask for fd7a:115c:a1e0::2",
          expect.stringMatching(
            /^on router, else: let nginx listen on 0\.0\.0\.0, or on 100\.64\.\S+ too$/,
          ),
        ],
      },
    ]);
  });

  test("TL126: who asks runs no Tailscale", async () => {
    const timedOut: Alteration = [
      "printer",
      "nc -vz",
      () => ({ exitCode: 1, stderr: "nc: connect to 100.64.0.1 port 80 (tcp) timed out\n" }),
    ];
    const unanswered: Alteration = [
      "printer",
      "ping",
      () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received, 100% packet loss\n" }),
    ];
    expect(await codes("printer laptop:80", [timedOut, unanswered])).toEqual(["TL126 printer"]);
    // Nor can it be tried in a capture.
    expect(await codes("printer laptop:80")).toEqual(["TL126 printer"]);
  });

  test("TL513: a line in /etc/hosts for a name of split DNS", async () => {
    const asked = "laptop printer.corp.internal";
    const alterations = (system: string, magic: string): Alteration[] => [
      [
        "laptop",
        "getent ahosts",
        () => ({ stdout: `${system}       STREAM printer\n`, exitCode: 0 }),
      ],
      [
        "laptop",
        "dig +tries=1",
        () => ({
          stdout: `;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\n;; ANSWER SECTION:\nprinter.corp.internal.\t600\tIN\tA\t${magic}\n`,
        }),
      ],
    ];
    expect(await codes(asked, alterations("10.20.0.99", "10.20.0.30"))).toContain("TL513 laptop");
    expect(await codes(asked, alterations("10.20.0.30", "10.20.0.30"))).not.toContain(
      "TL513 laptop",
    );
    // Of the internet, a name has now one address, now another.
    expect(await codes(asked, alterations("198.18.9.9", "198.18.1.1"))).not.toContain(
      "TL513 laptop",
    );
  });

  test("TL114: rejected by the sender's own rule, or by a set's", async () => {
    const asked = "laptop router:80";
    const rules = (...expr: object[]) =>
      json(({ nftables }: { nftables: object[] }) => {
        const [family, table] = ["inet", "mine"];
        nftables.push(
          {
            set: {
              family,
              table,
              name: "bad",
              type: "ipv4_addr",
              elem: [
                { prefix: { addr: "100.64.0.0", len: 10 } },
                { range: ["10.0.0.1", "10.0.0.9"] },
              ],
            },
          },
          { chain: { family, table, name: "out", hook: "output", prio: 0, policy: "accept" } },
          { chain: { family, table, name: "in", hook: "input", prio: 0, policy: "accept" } },
          ...["in", "out"].map((chain) => ({ rule: { family, table, chain, expr } })),
        );
      });
    const of = (side: string) => ({
      match: { op: "==", left: { payload: { protocol: "ip", field: side } }, right: "@bad" },
    });
    const port = {
      match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 80 },
    };
    const rejected = rules(of("daddr"), port, { reject: null });
    expect(await codes(asked, [refused, ["laptop", "nft -j", rejected]])).toEqual(["TL114 laptop"]);
    const dropped = rules(of("saddr"), port, { drop: null });
    expect(await codes(asked, [...onlyPortSilent, ["router", "nft -j", dropped]])).toEqual([
      "TL114 router",
    ]);
    // A drop is no refusal; what is limited, or chosen by what is not known here, is not sure to be dropped.
    expect(await codes(asked, [refused, ["laptop", "nft -j", dropped]])).not.toContain(
      "TL114 laptop",
    );
    for (const unsure of [
      { limit: { rate: 3, per: "minute", inv: true } },
      { xt: { type: "match", name: "set" } },
    ]) {
      const maybe = rules(unsure, { drop: null });
      expect(await codes(asked, [...onlyPortSilent, ["router", "nft -j", maybe]])).toEqual([]);
    }
  });

  test("TL114: a map of verdicts lets a port pass, and drops another", async () => {
    const asked = "laptop router:80";
    const rules = (verdict: object) =>
      json(({ nftables }: { nftables: object[] }) => {
        const [family, table, chain] = ["inet", "mine", "in"];
        const key = { payload: { protocol: "tcp", field: "dport" } };
        const data = {
          set: [
            [22, { accept: null }],
            [80, verdict],
          ],
        };
        nftables.push(
          { chain: { family, table, name: chain, hook: "input", prio: 0, policy: "drop" } },
          { chain: { family, table, name: "web" } },
          { rule: { family, table, chain, expr: [{ vmap: { key, data } }] } },
          { rule: { family, table, chain: "web", expr: [{ accept: null }] } },
        );
      });
    const at = (verdict: object): Alteration[] => [
      ...onlyPortSilent,
      ["router", "nft -j", rules(verdict)],
    ];
    expect(await codes(asked, at({ accept: null }))).toEqual([]);
    expect(await codes(asked, at({ jump: { target: "web" } }))).toEqual([]);
    expect(await codes(asked, at({ drop: null }))).toEqual(["TL114 router"]);
  });

  test("TL114: what is let in is a set of addresses with their ports", async () => {
    const asked = "laptop router:80";
    const rules = (op: string, ...elem: object[]) =>
      json(({ nftables }: { nftables: object[] }) => {
        const [family, table, chain] = ["inet", "mine", "in"];
        const left = {
          concat: [
            { payload: { protocol: "ip", field: "saddr" } },
            { payload: { protocol: "tcp", field: "dport" } },
          ],
        };
        const expr = [{ match: { op, left, right: "@ok" } }, { accept: null }];
        nftables.push(
          { chain: { family, table, name: chain, hook: "input", prio: 0, policy: "drop" } },
          { set: { family, table, name: "ok", elem } },
          { rule: { family, table, chain, expr } },
        );
      });
    const at = (...args: Parameters<typeof rules>): Alteration[] => [
      ...onlyPortSilent,
      ["router", "nft -j", rules(...args)],
    ];
    const of = (address: unknown, port: unknown) => ({ concat: [address, port] });
    const others = [of("100.64.0.250", 80), of("100.64.0.2", 443)];
    const { findings } = await found(asked, at("==", ...others));
    expect(findings).toMatchObject([
      {
        code: "TL114",
        node: "router",
        fix: ["on router: nft insert rule inet mine in iifname tailscale0 accept"],
      },
    ]);
    const range = of({ prefix: { addr: "100.64.0.0", len: 10 } }, { range: [79, 81] });
    expect(await codes(asked, at("==", ...others, range))).toEqual([]);
    expect(await codes(asked, at("!=", ...others))).toEqual([]);
    expect(await codes(asked, at("!=", range))).toEqual(["TL114 router"]);
  });

  test("TL514: programs do not ask the resolver that has the name", async () => {
    const asked = "laptop router.tailnet.lab";
    const nothing: Alteration = ["laptop", "getent ahosts", () => ({ stdout: "", exitCode: 2 })];
    const answer: Alteration = [
      "laptop",
      "dig +tries=1",
      () => ({
        stdout:
          ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\n;; ANSWER SECTION:\nrouter.tailnet.lab.\t600\tIN\tA\t100.64.0.1\n",
      }),
    ];
    const { findings, works } = await found(asked, [nothing, answer]);
    expect(findings[0]).toMatchObject({ code: "TL514", node: "laptop" });
    expect(works).toBe(false);
  });

  test.each([
    ["laptop", "output", 'oifname "tailscale0" tcp dport 80', "its own tcp/80 to router"],
    ["laptop", "input", "tcp sport 80 ct state established", "the answers from tcp/80 of router"],
    ["router", "output", "tcp sport 80", "its own answers from tcp/80"],
  ])("TL114 on %s: a rule of the %s hook drops %s", async (machine, hook, rule, what) => {
    const dropping: Alteration = [machine, "nft -j", withRule(hook, rule)];
    const { findings } = await found("laptop router:80", [dropping, ...silent]);
    expect(findings[0]).toMatchObject({ code: "TL114", node: machine });
    expect(findings[0]?.what).toBe(`a firewall on ${machine} drops ${what}`);
    const device = hook === "output" ? "oifname" : "iifname";
    const accept = `nft insert rule inet z c ${device} tailscale0 accept`;
    expect(findings[0]?.fix.at(-1)).toBe(`on ${machine}, else: ${accept}`);
    expect(await codes("laptop router:22", [dropping, ...silent])).not.toContain(
      `TL114 ${machine}`,
    );
  });

  test.each([
    [
      "TL124 laptop",
      [
        "laptop",
        "ping",
        () => ({ exitCode: 2, stderr: "ping: connect: Network is unreachable\n" }),
      ],
    ],
    [
      "TL114 router",
      [
        "router",
        "nft -j",
        json(({ nftables }: { nftables: object[] }) => {
          const own = { family: "ip6", table: "six" };
          const left = { payload: { protocol: "tcp", field: "dport" } };
          nftables.push(
            { chain: { ...own, name: "in", hook: "input", prio: 0, policy: "accept" } },
            {
              rule: {
                ...own,
                chain: "in",
                expr: [{ match: { op: "==", left, right: 80 } }, { drop: null }],
              },
            },
          );
        }),
      ],
    ],
  ] as [string, Alteration][])(
    "%s, where an address of IPv6 is asked for",
    async (code, altered) => {
      const to = "fd7a:115c:a1e0::1";
      const question = { from: "laptop", to, port: 80, protocol: "tcp" } as const;
      const source = alteredSource([...silent, altered]);
      const { findings } = diagnose(await lookAtTailnet(source, { question }), question);
      expect(findings.map((each) => `${each.code} ${each.node}`)).toEqual([code]);
    },
  );

  test("TL406: not where the address is of a network of another size than the own LAN", async () => {
    const wide = (length: number): Alteration => [
      "laptop",
      "ip -j addr",
      json(
        (interfaces: { ifname: string; addr_info: { local: string; prefixlen: number }[] }[]) => {
          for (const each of interfaces.flatMap(({ addr_info }) => addr_info)) {
            if (!each.local.startsWith("192.168.1.")) continue;
            each.local = each.local.replace("192.168.1.", "10.20.0.");
            each.prefixlen = length;
          }
        },
      ),
    ];
    expect(await codes("laptop printer:80", [wide(24)])).toEqual(["TL406 laptop"]);
    expect(await codes("laptop printer:80", [wide(8)])).toEqual([]);
  });

  test("no TL101: what is offline is what the machine was before it joined anew", async () => {
    const before = json((status: { Peer: Record<string, object> }) => {
      const [peer] = Object.values(status.Peer);
      const old = {
        ...peer,
        TailscaleIPs: ["100.64.0.99"],
        PublicKey: "nodekey:ff",
        Online: false,
      };
      status.Peer = { old, ...status.Peer };
    });
    const joined: Alteration = ["laptop", "tailscale status", before];
    const noReply: Alteration = [
      "laptop",
      "tailscale ping",
      () => ({ exitCode: 1, stdout: "no reply\n" }),
    ];
    const all = await codes("laptop router:80", [...silent, joined, noReply]);
    expect(all).toEqual(["TL121 laptop"]);
    const { findings } = await found("laptop 100.64.0.99:80", [...silent, joined, noReply]);
    expect(findings[0]).toMatchObject({
      code: "TL101",
      node: "router (100.64.0.99)",
      what: "100.64.0.99 is what router had before it joined anew, and is offline; now it has 100.64.0.1",
      fix: ["ask for 100.64.0.1", expect.stringContaining("headscale nodes delete -i")],
    });
  });

  test("TL117: the LAN of who asks has the addresses of another's", async () => {
    const sameLan: Alteration[] = [
      ["laptop", "ip -j addr", replace("192.168.1.", "10.20.0.")],
      ["laptop", "tailscale status", replace('"10.20.0.0/24"', '"10.99.0.0/24"')],
    ];
    const { findings } = await found("laptop 10.20.0.32:80", [...sameLan, ...silent]);
    expect(findings[0]).toMatchObject({
      code: "TL117",
      node: "10.20.0.32",
      fix: ["ask for 100.64.0.1, router's address in the tailnet"],
    });
    const other = await codes("laptop 10.20.0.32:80", [...silent, ...sameLan.slice(1)]);
    expect(other).not.toContain("TL117 10.20.0.32");
  });

  test("TL513: the system has a wrong address of IPv6 alone", async () => {
    const asked = "laptop router.tailnet.lab";
    const system = (address: string): Alteration => [
      "laptop",
      "getent ahosts",
      () => ({ stdout: `${address}        STREAM router.tailnet.lab\n`, exitCode: 0 }),
    ];
    const magic: Alteration = [
      "laptop",
      "dig +tries=1",
      () => ({
        stdout:
          ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\n;; ANSWER SECTION:\nrouter.tailnet.lab.\t600\tIN\tA\t100.64.0.1\n",
      }),
    ];
    expect(await codes(asked, [system("fd00::9"), magic])).toContain("TL513 laptop");
    expect(await codes(asked, [system("fd7a:115c:a1e0::1"), magic])).not.toContain("TL513 laptop");
  });

  test("TL513: the system finds another address than MagicDNS", async () => {
    const asked = "laptop router.tailnet.lab";
    const system: Alteration = [
      "laptop",
      "getent ahosts",
      () => ({ stdout: "10.9.9.9        STREAM router.tailnet.lab\n", exitCode: 0 }),
    ];
    const magic: Alteration = [
      "laptop",
      "dig +tries=1",
      () => ({
        stdout:
          ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\n;; ANSWER SECTION:\nrouter.tailnet.lab.\t600\tIN\tA\t100.64.0.1\n",
      }),
    ];
    const { findings } = await found(asked, [system, magic, ...silent]);
    expect(findings[0]).toMatchObject({ code: "TL513", node: "laptop" });
    const same: Alteration = [
      "laptop",
      "getent ahosts",
      () => ({ stdout: "100.64.0.1      STREAM router.tailnet.lab\n", exitCode: 0 }),
    ];
    expect(await codes(asked, [same, magic])).not.toContain("TL513 laptop");
  });
});

/** A ruleset with one more rule, that drops. */
function withRule(hook: string, rule: string): Alteration[2] {
  const words = rule.match(/(?:tcp|ct) \w+|oifname|"[^"]+"|\w+/g) ?? [];
  const expr = Array.from({ length: words.length / 2 }, (_, index) => {
    const [left = "", right = ""] = words.slice(2 * index, 2 * index + 2);
    const [first = "", second = ""] = left.split(" ");
    const matched =
      first === "ct"
        ? { ct: { key: second } }
        : second === ""
          ? { meta: { key: first } }
          : { payload: { protocol: first, field: second } };
    const value = /^\d+$/.test(right) ? Number(right) : right.replaceAll('"', "");
    return { match: { op: first === "ct" ? "in" : "==", left: matched, right: value } };
  });
  const place = { family: "inet", table: "z" };
  return ({ stdout }) => {
    const ruleset = JSON.parse(stdout) as { nftables: unknown[] };
    ruleset.nftables.push(
      { table: { family: "inet", name: "z", handle: 99 } },
      {
        chain: { ...place, name: "c", handle: 1, type: "filter", hook, prio: 0, policy: "accept" },
      },
      { rule: { ...place, chain: "c", handle: 2, expr: [...expr, { drop: null }] } },
    );
    return { stdout: JSON.stringify(ruleset) };
  };
}
