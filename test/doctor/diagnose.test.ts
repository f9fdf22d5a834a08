import { describe, expect, test } from "vitest";
import { catalogue } from "../../lab/doctor/catalogue.ts";
import { checks } from "../../lab/doctor/checks.ts";
import { onlyPortSilent, refused, silent, strict, untried } from "./alterations.ts";
import { type Alteration, appended, codes, found, replace } from "./altered-source.ts";

describe("a lab in which all is well", () => {
  test.each([undefined, "laptop printer:80", "laptop router:80"])(
    "nothing is found: %s",
    async (asked) => {
      const { findings, elsewhere, notLooked } = await found(asked);
      expect({ findings, elsewhere, notLooked }).toEqual({
        findings: [],
        elsewhere: [],
        notLooked: [],
      });
    },
  );

  test("each step of the way is fine", async () => {
    const { chain, works } = await found("laptop printer:80");
    expect(works).toBe(true);
    expect(chain.map(({ step, state }) => `${step} ${state}`)).toEqual(
      [
        "machine",
        "address",
        "route",
        "policy",
        "path",
        "tunnel",
        "host-firewall",
        "service",
        "way-back",
      ].map((step) => `${step} ok`),
    );
  });
});

describe("one thing is broken", () => {
  const cases: [code: string, asked: string | undefined, alterations: Alteration[]][] = [
    [
      "TL101 router",
      "laptop router:80",
      [
        ...silent,
        ["laptop", "tailscale status", replace(/"Online": true/, '"Online": false')],
        ["laptop", "tailscale ping", () => ({ exitCode: 1, stdout: "no reply\n" })],
      ],
    ],
    [
      "TL102 router",
      undefined,
      [
        [
          "control",
          "headscale nodes",
          replace(/"available_routes": \[[^\]]*\]/, '"available_routes": []'),
        ],
      ],
    ],
    [
      "TL103 router",
      undefined,
      [
        [
          "control",
          "headscale nodes",
          replace(/"approved_routes": \[[^\]]*\]/, '"approved_routes":["0.0.0.0/0","::/0"]'),
        ],
      ],
    ],
    [
      "TL104 laptop",
      "laptop printer:80",
      [
        ...silent,
        ["laptop", "tailscale debug prefs", replace('"RouteAll": true', '"RouteAll": false')],
      ],
    ],
    ["TL105 laptop", undefined, [["laptop", "ip -j addr", replace("192.168.1.", "10.20.0.")]]],
    [
      "TL106 router",
      undefined,
      [["router", "sysctl", replace("net.ipv4.ip_forward = 1", "net.ipv4.ip_forward = 0")]],
    ],
    [
      "TL107 router",
      "laptop printer:80",
      [
        ...silent,
        ["router", "tailscale debug prefs", replace('"NoSNAT": false', '"NoSNAT": true')],
      ],
    ],
    [
      "TL107 router",
      "laptop printer:80",
      [
        ["laptop", "nc -vz", () => undefined],
        ["laptop", "ping", () => undefined],
        ["router", "nc -vz", () => undefined],
        ["router", "ping", () => undefined],
        ["router", "tailscale debug prefs", replace('"NoSNAT": false', '"NoSNAT": true')],
      ],
    ],
    [
      "TL109 laptop",
      "laptop printer:80",
      [
        [
          "laptop",
          "ping -n -M do -c 2 -i 0.3 -W 1 -s 1252",
          () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received\n" }),
        ],
      ],
    ],
    ["TL110 laptop", undefined, [["laptop", "ip -j addr", replace("192.168.1.", "100.64.9.")]]],
    [
      "TL111 router",
      "laptop router:80",
      [refused, ["router", "ss -Hltunp", replace(/.*:(80|8080) .*\n/, "")]],
    ],
    [
      "TL112 router",
      "laptop router:80",
      [
        refused,
        [
          "router",
          "ss -Hltunp",
          (output) => ({
            stdout: output.stdout
              .replace("0.0.0.0:80 ", "127.0.0.1:80 ")
              .replace("[::]:80 ", "[::1]:80 "),
          }),
        ],
      ],
    ],
    [
      "TL113 router",
      "laptop router:80",
      [refused, ["router", "ss -Hltunp", replace(/.*:80 .*\n/, "")]],
    ],
    [
      "TL127 router",
      "laptop router:80",
      [["router", "ss -Hltunp", replace(/LISTEN 0 ( +512 +0\.0\.0\.0:80 )/, "LISTEN 3 $1")]],
    ],
    [
      "TL127 router",
      "laptop router:80",
      [
        ["laptop", "nc -vz", () => undefined],
        ["router", "ss -Hltunp", replace(/LISTEN 0 ( +512 +0\.0\.0\.0:80 )/, "LISTEN 3 $1")],
      ],
    ],
    ["TL108 router", "laptop router:80", [...untried, ...strict("router")]],
    [
      "TL127 router",
      "laptop router:80",
      [
        [
          "laptop",
          "nc -vz",
          () => ({ exitCode: 1, stderr: "nc: timed out: Operation now in progress" }),
        ],
        ["router", "ss -Hltunp", replace(/LISTEN 0 ( +512 +0\.0\.0\.0:80 )/, "LISTEN 513 $1")],
      ],
    ],
    [
      "TL115 router",
      undefined,
      [
        [
          "control",
          "headscale nodes",
          replace(/"approved_routes": \[[^\]]*\]/, '"approved_routes":["10.20.0.0/24"]'),
        ],
      ],
    ],
    [
      "TL116 laptop",
      "laptop router:80",
      [...silent, ["laptop", "tailscale status", replace('"TUN": true', '"TUN": false')]],
    ],
    ["TL117 100.64.7.7", "laptop 100.64.7.7:80", []],
    [
      "TL119 router",
      "laptop router:80",
      [
        ...silent,
        [
          "router",
          "tailscale status",
          () => ({
            exitCode: 1,
            stdout: "",
            stderr: "failed to connect to local tailscaled; it doesn't appear to be running\n",
          }),
        ],
      ],
    ],
    [
      "TL120 printer",
      "laptop printer:80",
      [
        ...silent,
        ["router", "nc", () => ({ exitCode: 1, stderr: "timed out" })],
        ["router", "ping", () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received\n" })],
      ],
    ],
    [
      "TL121 laptop",
      "laptop router:80",
      [...silent, ["laptop", "tailscale ping", () => ({ exitCode: 1, stdout: "no reply\n" })]],
    ],
    [
      "TL201 router",
      "laptop router:80",
      [
        ...onlyPortSilent,
        ["router", "tailscale debug netmap", replace(/"Srcs": \[[^\]]*\]/, '"Srcs": []')],
        ["control", "headscale policy get", () => ({ stdout: '{ "grants": [] }' })],
      ],
    ],
    [
      "TL303 router",
      "laptop router:80",
      [
        ...onlyPortSilent,
        ["router", "tailscale debug netmap", replace(/"Srcs": \[[^\]]*\]/, '"Srcs": []')],
      ],
    ],
    ["TL203 router", "laptop router:81", [...onlyPortSilent]],
    [
      "TL206 laptop",
      undefined,
      [["laptop", "tailscale status", replace(/"Self": \{/, '"Self": {"Expired": true,')]],
    ],
    [
      "TL207 laptop",
      undefined,
      [
        [
          "laptop",
          "tailscale status",
          replace('"BackendState": "Running"', '"BackendState": "NeedsLogin"'),
        ],
      ],
    ],
    [
      "TL209 laptop",
      undefined,
      [
        ["control", "headscale nodes", replace('"name": "router"', '"name": "laptop"')],
        [
          "control",
          "headscale nodes",
          replace('"given_name": "router"', '"given_name": "laptop-1"'),
        ],
        [
          "laptop",
          "tailscale debug netmap",
          replace('"router.tailnet.lab."', '"laptop-1.tailnet.lab."'),
        ],
      ],
    ],
    [
      "TL210 router",
      "laptop router:80",
      [
        ...silent,
        [
          "router",
          "tailscale status",
          replace('"BackendState": "Running"', '"BackendState": "Stopped"'),
        ],
      ],
    ],
  ];
  test.each(cases)("%s", async (code, asked, alterations) => {
    const all = await codes(asked, alterations);
    expect(all[0]).toBe(code);
  });

  test("a machine that does not run explains what else is seen of it", async () => {
    const { findings } = await found(
      "laptop router:80",
      [...silent, ["laptop", "tailscale ping", () => ({ exitCode: 1, stdout: "no reply\n" })]],
      { down: ["router"] },
    );
    expect(findings[0]).toMatchObject({ code: "TL118", node: "router" });
    // It is no matter of the path to it.
    expect(findings.slice(1)).toEqual([]);
  });

  test("TL103 and TL104: a route that nobody approved, and that would not be accepted", async () => {
    const unapproved = replace(/"approved_routes": ?\[[^\]]*\]/g, '"approved_routes":[]');
    const all = await codes("laptop printer:80", [
      ...silent,
      ["control", "headscale nodes", unapproved],
      ["laptop", "tailscale status", replace(/"10\.20\.0\.0\/24"/g, '"10.99.0.0/24"')],
      ["laptop", "tailscale debug prefs", replace('"RouteAll": true', '"RouteAll": false')],
    ]);
    expect(all.slice(0, 2)).toEqual(["TL103 router", "TL104 laptop"]);
  });

  test("TL101 of a phone with a bracket in its name", async () => {
    const { findings } = await found(
      "laptop 100.64.0.1:80",
      [
        ...silent,
        ["laptop", "tailscale status", replace(/"Online": true/, '"Online": false')],
        ["laptop", "tailscale status", replace('"HostName": "router"', '"HostName": "Kate (5G"')],
        ["laptop", "tailscale ping", () => ({ exitCode: 1, stdout: "no reply\n" })],
      ],
      { outOfSight: ["router", "control"] },
    );
    expect(findings).toMatchObject([
      { code: "TL101", seen: [{ line: '"HostName": "Kate (5G",' }, { line: '"Online": false' }] },
    ]);
  });

  test("TL101 of a machine that can't be looked at, by what its peer knows", async () => {
    const outOfSight = ["router", "control"];
    const ping: Alteration[2] = () => ({ exitCode: 1, stdout: "no reply\n" });
    const offline = replace(/"Online": true/, '"Online": false');
    expect(await codes("laptop 100.64.0.1:80", [], { outOfSight })).toEqual([]);
    expect(
      await codes(
        "laptop 100.64.0.1:80",
        [...silent, ["laptop", "tailscale status", offline], ["laptop", "tailscale ping", ping]],
        { outOfSight },
      ),
    ).toEqual(["TL101 router"]);
    expect(
      await codes("laptop 100.64.0.1:80", [...silent, ["laptop", "tailscale ping", ping]], {
        outOfSight,
      }),
    ).toEqual(["TL121 laptop"]);
  });
});

describe("a firewall", () => {
  const drop = (expression: object[]) => ({
    nftables: [
      {
        chain: {
          family: "inet",
          table: "mine",
          name: "in",
          hook: "input",
          prio: 10,
          policy: "accept",
        },
      },
      {
        rule: { family: "inet", table: "mine", chain: "in", expr: [...expression, { drop: null }] },
      },
    ],
  });
  const port = (right: number) => ({
    match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right },
  });
  const fromTailnet = {
    match: { op: "==", left: { meta: { key: "iifname" } }, right: "tailscale0" },
  };

  test("a rule about the port that was asked", async () => {
    const rules = JSON.stringify(drop([fromTailnet, port(80)]));
    const all = await codes("laptop router:80", [
      ...onlyPortSilent,
      ["router", "nft", () => ({ stdout: rules })],
    ]);
    expect(all).toEqual(["TL114 router"]);
  });

  test("a rule about another port, or another interface, is no cause", async () => {
    for (const expression of [
      [fromTailnet, port(22)],
      [{ match: { ...fromTailnet.match, right: "lan" } }],
    ]) {
      const rules = JSON.stringify(drop(expression));
      const all = await codes("laptop router:80", [
        ...onlyPortSilent,
        ["router", "nft", () => ({ stdout: rules })],
      ]);
      expect(all).not.toContain("TL114 router");
    }
  });
});

test("what could not be looked at is said, and not fine", async () => {
  const { findings, notLooked } = await found(undefined, [["router", "sysctl", () => undefined]]);
  expect(findings).toEqual([]);
  expect(notLooked).toContainEqual(
    expect.objectContaining({
      codes: expect.arrayContaining(["TL106"]),
      node: "router",
      why: "not in the folder",
    }),
  );
});

test("what could not be looked at is said once, and first what is there and can't be read", async () => {
  const { notLooked } = await found(undefined, [
    ["router", "sysctl", () => undefined],
    ["router", "ip -j addr", () => undefined],
    ["router", "tailscale status", () => ({ stdout: "{" })],
  ]);
  const commands = notLooked.map(({ command }) => command);
  expect(commands[0]).toBe("tailscale status --json");
  expect(commands).toHaveLength(new Set(commands).size);
});

test("output of another program is not read, and the rest is", async () => {
  const { notLooked } = await found(undefined, [
    ["router", "tailscale debug prefs", () => ({ stdout: "<html>" })],
  ]);
  expect(notLooked).toContainEqual(
    expect.objectContaining({ node: "router", why: expect.stringMatching(/can't be read/) }),
  );
});

test("each check's codes are in the catalogue, and there once", () => {
  const all = checks.flatMap(({ finds }) => finds);
  const known = catalogue.map(({ code }) => code);
  expect(new Set(known).size).toBe(known.length);
  for (const code of [...all, ...checks.flatMap(({ explainedBy }) => explainedBy)])
    expect(known).toContain(code);
});

/** A table of one chain with one rule that drops, as nft prints it. */

/** The list of nodes as Headscale before 0.26 prints it: routes are listed elsewhere. */
const withoutRoutes: Alteration = [
  "control",
  "headscale nodes",
  ({ stdout }) => ({
    stdout: JSON.stringify(
      (JSON.parse(stdout) as { tags?: string[] }[]).map((node) => ({
        ...node,
        available_routes: undefined,
        approved_routes: undefined,
        tags: undefined,
        forced_tags: node.tags,
      })),
    ),
  }),
];

test("a list of nodes without routes is no list of nodes that have none", async () => {
  expect(await codes(undefined, [withoutRoutes])).toEqual([]);
  const unapproved: Alteration = [
    "laptop",
    "tailscale debug netmap",
    replace(/\s+"10.20.0.0\/24",(?=\s+"100.64.0.1)/, ""),
  ];
  expect(await codes(undefined, [withoutRoutes, unapproved])).toEqual(["TL103 router"]);
});

test("without a node not all is well: most shows on nodes alone", async () => {
  const { findings, notLooked } = await found(undefined, [], {
    outOfSight: ["laptop", "router", "printer"],
  });
  expect(findings).toEqual([]);
  expect(notLooked).toEqual([expect.objectContaining({ node: "control", codes: [] })]);
});

/** The router called otherwise than it calls itself, as somebody may name the folder of its outputs. */
const renamed = { machine: "router", name: "office-gw" };

test("a machine may be called otherwise than it calls itself", async () => {
  const alterations: Alteration[] = [
    ["laptop", "tailscale status", replace('"ExitNode": false', '"ExitNode": true')],
    [
      "router",
      "tailscale debug netmap",
      ({ stdout }) => ({ stdout: JSON.stringify({ ...JSON.parse(stdout), PacketFilter: [] }) }),
    ],
  ];
  const { findings } = await found(undefined, alterations, { renamed });
  expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL204 office-gw"]);
});

test("TL103 says of a second router that it stands in for nobody", async () => {
  const withSecond: Alteration = [
    "control",
    "headscale nodes",
    ({ stdout }) => {
      const nodes = JSON.parse(stdout);
      const router = nodes.find(({ name }: { name: string }) => name === "router");
      const second = { ...router, id: "9", name: "second", given_name: "second" };
      nodes.push({ ...second, ip_addresses: ["100.64.0.9"], approved_routes: [] });
      return { stdout: JSON.stringify(nodes) };
    },
  ];
  const { findings } = await found(undefined, [withSecond]);
  const [first] = findings.filter(({ code }) => code === "TL103");
  expect(first).toMatchObject({
    explains: ["second does not stand in for router where that is gone"],
  });
});

test("without control, its peers tell that a node's route is not approved", async () => {
  const unapproved: Alteration[] = [
    ["laptop", "tailscale debug netmap", replace(/\s+"10.20.0.0\/24",(?=\s+"100.64.0.1)/, "")],
    // Its preferences have a name only where somebody has given it one.
    ["router", "tailscale debug prefs", replace('"Hostname": "router"', '"Hostname": ""')],
  ];
  const { findings } = await found(undefined, unapproved, { outOfSight: ["control"], renamed });
  expect(findings).toMatchObject([
    {
      code: "TL103",
      node: "office-gw",
      what: "control has not approved 10.20.0.0/24 of office-gw, or the policy hides it",
      fix: [
        expect.stringContaining("headscale nodes list-routes"),
        expect.stringContaining("headscale nodes approve-routes -i ID -r "),
        expect.stringContaining('let the policy have a rule with 10.20.0.0/24 as "dst"'),
      ],
      seen: [
        { node: "office-gw", line: '"AdvertiseRoutes": 10.20.0.0/24' },
        { node: "laptop", line: '"AllowedIPs" of no peer have 10.20.0.0/24' },
      ],
    },
  ]);
});

test("a name that nobody could be asked for is that of a peer", async () => {
  const expired = replace('"HostName": "router",', '"HostName": "router", "Expired": true,');
  const unseen = { outOfSight: ["control", "router"] };
  for (const name of ["router", "ROUTER", "router.tailnet.lab"]) {
    const asked = `laptop ${name}:80`;
    const all = await codes(asked, [["laptop", "tailscale status", expired]], unseen);
    expect(all).toEqual(["TL206 router"]);
  }
});

test("what ails a machine at hand goes before the expired key of one that is not", async () => {
  const alterations: Alteration[] = [
    [
      "laptop",
      "tailscale status",
      replace('"HostName": "router",', '"HostName": "router", "Expired": true,'),
    ],
    ["laptop", "cat /etc/resolv.conf", () => ({ stdout: "nameserver 192.168.1.1\n" })],
  ];
  const unseen = { outOfSight: ["control", "router"] };
  expect(await codes(undefined, alterations, unseen)).toEqual(["TL503 laptop", "TL206 router"]);
});

test("a node that control knows and that could not be asked is not unknown", async () => {
  const mute = ["laptop", "router"].map(
    (node): Alteration => [node, "tailscale status", () => undefined],
  );
  const { works, findings } = await found("laptop router:80", mute);
  expect({ works, findings }).toEqual({ works: undefined, findings: [] });
});

test("TL124: a rule prohibits it, which programs call a permission that is denied", async () => {
  const denied: Alteration[] = [
    [
      "laptop",
      "nc -vz",
      () => ({
        exitCode: 1,
        stderr: "nc: connect to 100.64.0.1 port 80 (tcp) failed: Permission denied",
      }),
    ],
    [
      "laptop",
      "ping -n",
      () => ({
        exitCode: 2,
        stdout: "",
        stderr:
          "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n",
      }),
    ],
    [
      "laptop",
      "ip -j rule",
      appended({ priority: 100, src: "all", dst: "100.64.0.0", dstlen: 10, action: "prohibit" }),
    ],
  ];
  const { works, findings, notLooked } = await found("laptop router:80", denied);
  expect({ works, notLooked }).toEqual({ works: false, notLooked: [] });
  expect(findings).toMatchObject([{ code: "TL124", node: "laptop" }]);
});

test("a relay's answer that is cut off is no portal's", async () => {
  const cut: Alteration = [
    "laptop",
    "sh relayProbes",
    ({ stdout }) => ({ stdout: stdout.replace(/( http 0 2)04[\s\S]*/, "$1") }),
  ];
  expect(await codes(undefined, [cut])).toEqual([]);
});
