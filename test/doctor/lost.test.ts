import { describe, expect, test } from "vitest";
import { diagnosisText } from "../../lab/doctor/text.ts";
import recorded from "../evidence/recorded-packets.json" with { type: "json" };
import { type Alteration, appended, codes, found } from "./altered-source.ts";

const live = { isLive: true };
/** When everything is run of which nothing was recorded in the healthy lab; see altered-source.ts. */
const moment = Date.parse("2026-11-24T15:26:00Z") / 1000;
/** Names and addresses of the healthy lab, in place of those of the lab in which tcpdump was recorded. */
const renumbered = (text: string) =>
  text
    .replaceAll("100.64.0.1", "ASKER")
    .replaceAll("100.64.0.2", "100.64.0.1")
    .replaceAll("ASKER", "100.64.0.2")
    .replaceAll("10.20.0.238", "10.20.0.30")
    .replace(/(listening on .* at )\S+/, `$1${moment - 1}`)
    .replace(/(ended at )\S+/, `$1${moment + 2}`);
const printed =
  (text: string): Alteration[2] =>
  () => ({ stdout: renumbered(text) });
const listening = (machine: string, text: string): Alteration => [
  machine,
  "timeout 2.2 tcpdump",
  printed(text),
];
const unpinged: Alteration = [
  "laptop",
  "ping",
  () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received, 100% packet loss\n" }),
];
const timedOut: Alteration = [
  "laptop",
  "nc -vz",
  () => ({ exitCode: 1, stderr: "nc: connect to 10.20.0.30 port 80 (tcp) timed out\n" }),
];
const ignored = [
  unpinged,
  listening("laptop", recorded.ignored.laptop),
  listening("router", recorded.ignored.router),
];
const unmasked = [
  unpinged,
  timedOut,
  listening("laptop", recorded.nosnat.laptop),
  listening("router", recorded.nosnat.router),
  listening("printer", recorded.nosnat.printer),
  ["router", "conntrack", printed(recorded.nosnat.conntrack)] as Alteration,
];
const withoutSnat: Alteration = [
  "router",
  "tailscale debug prefs",
  ({ stdout }) => ({ stdout: stdout.replace('"NoSNAT": false', '"NoSNAT": true') }),
];
/** What a listener prints that sees nothing. */
const nothing = recorded.ignored.laptop.replaceAll(/^\d+\.\d+ .*\n/gm, "");

describe.concurrent("pings alone are not answered", () => {
  const ignores: Alteration = [
    "router",
    "sysctl",
    ({ stdout }) => ({ stdout: `${stdout}net.ipv4.icmp_echo_ignore_all = 1\n` }),
  ];

  test("TL131: the kernel is told to ignore them", async () => {
    const diagnosis = await found("laptop router", [...ignored, ignores], live);
    expect(diagnosis).toMatchObject({
      works: false,
      findings: [
        {
          code: "TL131",
          node: "router",
          severity: "info",
          seen: [
            { line: "net.ipv4.icmp_echo_ignore_all = 1" },
            { node: "router", line: "tailscale0 In IP 100.64.0.2 > 100.64.0.1: ICMP echo request" },
          ],
        },
      ],
    });
    expect(diagnosisText(diagnosis, { all: false })).toContain("1 cause found.");
  });

  test("it is no cause where a port was asked for, where pings are answered, and where none arrived", async () => {
    expect(await codes("laptop router:80", [...ignored, ignores], live)).toEqual([]);
    expect(await codes("laptop router", [ignores], live)).toEqual([]);
    const lost = [...ignored, ignores, listening("router", nothing)];
    expect(await codes("laptop router", lost, live)).toEqual([]);
  });

  test("TL131: by the setting alone where nobody could listen", async () => {
    const deaf: Alteration = ["router", "timeout", () => undefined];
    const { findings } = await found("laptop router", [...ignored, ignores, deaf], live);
    expect(findings).toMatchObject([
      { code: "TL131", seen: [{}, { node: "laptop", line: "2 packets transmitted, 0 received" }] },
    ]);
  });

  test("TL132: the request arrives, and nothing tells why there is no answer", async () => {
    const { findings, chain } = await found("laptop router", ignored, live);
    expect(findings).toMatchObject([{ code: "TL132", node: "router" }]);
    expect(chain.find(({ step }) => step === "way-back")).toEqual({
      step: "way-back",
      state: "failed",
      seen: "no answer came back: pings: the request came out of the tunnel of router, and router sent no answer",
    });
  });

  test("what never comes out of the tunnel is no matter of the machine, and is told", async () => {
    const diagnosis = await found(
      "laptop router",
      [...ignored, listening("router", nothing)],
      live,
    );
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.chain.find(({ step }) => step === "tunnel")?.state).toBe("failed");
    expect(diagnosisText(diagnosis, { all: false })).toContain(
      "no cause was found: the request left laptop by its tunnel, and it did not come out of the tunnel of router.",
    );
  });

  test("what the system of who asks does not send into its tunnel is told", async () => {
    const silent = [...ignored, listening("router", nothing)];
    const { lost } = await found("laptop router", [...silent, listening("laptop", nothing)], live);
    expect(lost).toBe("laptop sent no request into its tunnel");
    const beside = recorded.ignored.laptop.replaceAll("tailscale0", "eth0");
    const other = await found("laptop router", [...silent, listening("laptop", beside)], live);
    expect(other.lost).toBe("the request left laptop by eth0, and not by its tunnel");
  });

  test("TL124: a rule about some packets takes elsewhere what left by another interface", async () => {
    const rule = (added: object): Alteration => ["laptop", "ip -j rule", appended(added)];
    const ofUsers = { priority: 100, src: "all", uid_start: 0, uid_end: 65535, table: "main" };
    const beside = recorded.ignored.laptop.replaceAll("tailscale0", "lan");
    const strayed = [
      ...ignored,
      listening("router", nothing),
      listening("laptop", beside),
      rule(ofUsers),
    ];
    const { findings } = await found("laptop router", strayed, live);
    expect(findings).toMatchObject([
      {
        code: "TL124",
        node: "laptop",
        what: "a rule about some packets takes elsewhere what laptop sends to 100.64.0.1",
        seen: [
          { line: "100: from all uidrange 0-65535 lookup main" },
          { line: expect.stringMatching(/^0\.0\.0\.0\/0 .* table main$/) },
          { line: "lan Out IP 100.64.0.2 > 100.64.0.1: ICMP echo request" },
        ],
      },
    ]);
    // Those of one that discards are seen nowhere.
    const unsent = [...ignored, listening("router", nothing), listening("laptop", nothing)];
    const discarding = { priority: 100, src: "all", ipproto: "icmp", action: "blackhole" };
    const guessed = await found("laptop router", [...unsent, rule(discarding)], live);
    expect(guessed.findings).toMatchObject([{ code: "TL124", isGuess: true }]);
    expect(await codes("laptop router", [...unsent, rule(ofUsers)], live)).toEqual([]);
    // What is told that there is no way may have been told so by whoever it was taken to.
    const refused: Alteration = [
      "laptop",
      "nc -vz",
      () => ({
        exitCode: 1,
        stderr: "nc: connect to 100.64.0.1 port 80 (tcp) failed: No route to host",
      }),
    ];
    expect(await codes("laptop router:80", [refused, rule(ofUsers)], live)).toEqual([
      "TL124 laptop",
    ]);
  });

  test("nothing is claimed of a machine without tcpdump, and the look is told", async () => {
    const absent =
      "timeout: failed to run command 'tcpdump': No such file or directory\nended at 1\n";
    const { findings, chain, notLooked } = await found(
      "laptop router",
      [...ignored, listening("router", absent)],
      live,
    );
    expect(findings).toEqual([]);
    expect(chain.find(({ step }) => step === "way-back")).toMatchObject({
      state: "unknown",
      seen: expect.stringMatching(/^no answer came back.*router: .*No such file/),
    });
    expect(notLooked).toContainEqual({
      codes: ["TL132"],
      node: "router",
      command: "tcpdump -i any -nn 'host 100.64.0.1 and icmp'",
      why: "timeout: failed to run command 'tcpdump': No such file or directory",
      isPrinted: false,
    });
  });

  test("one that began too late is asked to listen longer, and believed only then", async () => {
    const late = (text: string) =>
      renumbered(text).replace(/(listening .* at )\S+/, `$1${moment + 1}`);
    const alterations: Alteration[] = [
      ...ignored,
      ["router", "timeout 2.2 tcpdump", () => ({ stdout: late(nothing) })],
    ];
    const again = (text: string): Alteration[] => [
      ["router", "timeout 5 tcpdump", () => ({ stdout: text })],
      ["laptop", "timeout 5 tcpdump", printed(recorded.ignored.laptop)],
    ];
    const then = [...alterations, ...again(renumbered(recorded.ignored.router))];
    expect(await codes("laptop router", then, live)).toEqual(["TL132 router"]);
    const never = await found("laptop router", [...alterations, ...again(late(nothing))], live);
    expect(never.findings).toEqual([]);
    expect(never.lost).toBe("the request left laptop by its tunnel");
    expect(never.notLooked).toContainEqual(
      expect.objectContaining({ why: "it did not listen while the attempt was made" }),
    );
  }, 20_000);
});

describe.concurrent("a router that does not masquerade", () => {
  test("TL107 has where the answer went, and what the router's kernel tracks", async () => {
    const { findings, lost } = await found("laptop printer:80", [...unmasked, withoutSnat], live);
    expect(findings[0]).toMatchObject({ code: "TL107", node: "router" });
    expect(findings[0]?.seen.slice(-4)).toMatchObject([
      {
        node: "router",
        line: expect.stringMatching(/^tcp SYN_SENT .*\[UNREPLIED\].* dst=100\.64\.0\.2$/),
      },
      { node: "printer", line: "lan Out IP 10.20.0.30 > 100.64.0.2: Flags [S.]" },
      { node: "router", line: "no answer" },
      {
        node: "printer",
        line: "lan In IP 10.20.0.1 > 10.20.0.30: ICMP net 100.64.0.2 unreachable",
      },
    ]);
    expect(lost).toBe(
      "printer sent an answer, and it did not come to router; 10.20.0.1 says: net 100.64.0.2 unreachable",
    );
  });

  test("TL107: it gives what it hands on an address that is none of its own", async () => {
    const foreign = renumbered(recorded.nosnat.conntrack).replaceAll(
      /(\[UNREPLIED\] src=\S+ dst=)\S+/g,
      "$1203.0.113.9",
    );
    const kernel: Alteration = ["router", "conntrack", () => ({ stdout: foreign })];
    const unheard = renumbered(recorded.nosnat.router).replaceAll(/^.* lan .*\n/gm, "");
    const { findings, lost } = await found(
      "laptop printer:80",
      [...unmasked, listening("router", unheard), listening("printer", nothing), kernel],
      live,
    );
    expect(findings[0]).toMatchObject({
      code: "TL107",
      node: "router",
      what: "router gives what it hands on the source 203.0.113.9, which is none of its addresses",
      seen: [
        { line: expect.stringContaining("dst=203.0.113.9") },
        { line: "10.20.0.32/24 dev lan" },
      ],
    });
    expect(lost).toBe("the request came out of the tunnel of router");
  });

  test("it is told though the router does not reach the host by a ping either", async () => {
    const alone: Alteration[] = [
      ["router", "nc -vz", () => undefined],
      ["router", "ping", () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received\n" })],
    ];
    const all = await codes("laptop printer:80", [...unmasked, ...alone, withoutSnat], live);
    expect(all).toContain("TL107 router");
  });

  test("it is not where the kernel has given this very request another source", async () => {
    const masked = renumbered(recorded.nosnat.conntrack).replaceAll(
      /(\[UNREPLIED\] src=\S+ dst=)\S+/g,
      "$110.20.0.32",
    );
    const kernel: Alteration = ["router", "conntrack", () => ({ stdout: masked })];
    const all = [...unmasked, withoutSnat, kernel];
    expect(await codes("laptop printer:80", all, live)).not.toContain("TL107 router");
    // An entry of an older connection, from before SNAT was switched off.
    const older: Alteration = [
      "router",
      "conntrack",
      () => ({ stdout: masked.replaceAll(/\b375\d\d\b/g, "40000") }),
    ];
    expect(await codes("laptop printer:80", [...all, older], live)).toContain("TL107 router");
  });
});

test.concurrent("packets of others at the same time are no answer", async () => {
  const dropped = [
    unpinged,
    timedOut,
    listening("laptop", recorded.dropped.laptop),
    listening("printer", recorded.dropped.printer),
  ];
  const stale = recorded.dropped.router.replace(
    "\n\n",
    "\n1796138350.93 lan   In  IP 10.20.0.238.80 > 10.20.0.32.50000: Flags [S.], seq 1, length 0\n\n",
  );
  const { lost } = await found("laptop printer:80", [...dropped, listening("router", stale)], live);
  expect(lost).toBe("the request arrived at printer, and printer sent no answer");
});

describe.concurrent("a rule that may drop the packet", () => {
  const limit: Alteration = [
    "router",
    "nft -j",
    ({ stdout }) => {
      const { nftables } = JSON.parse(stdout) as { nftables: object[] };
      const own = { family: "inet", table: "mine" };
      const chain = { ...own, name: "in", hook: "input", policy: "accept" };
      const rule = { ...own, chain: "in", expr: [{ limit: { rate: 5 } }, { drop: null }] };
      return { stdout: JSON.stringify({ nftables: [...nftables, { chain }, { rule }] }) };
    },
  ];

  test("TL114 where the packet was seen last, with what was seen", async () => {
    const { findings } = await found("laptop router", [...ignored, limit], live);
    expect(findings).toMatchObject([
      {
        code: "TL114",
        node: "router",
        seen: [{}, { line: "tailscale0 In IP 100.64.0.2 > 100.64.0.1: ICMP echo request" }],
        consequences: [{ code: "TL132" }],
      },
    ]);
  });

  test("TL114 first, where what else is found has no part in the connection", async () => {
    const apart: Alteration = [
      "router",
      "sh controlProbe",
      ({ stdout }) => ({
        stdout: `${stdout.split("\n")[0]}\nanswer 000 \ncurl: (28) Connection timed out\nexit 28\n`,
      }),
    ];
    const all = await codes("laptop router", [...ignored, limit, apart], live);
    expect(all).toEqual(["TL114 router", "TL302 router"]);
  });

  test("not where the packet never came", async () => {
    const lost = [...ignored, limit, listening("router", nothing)];
    expect(await codes("laptop router", lost, live)).toEqual([]);
  });
});

test.concurrent("what is answered when it is tried once more is not said to be lost", async () => {
  const answered = (text: string, way: string) =>
    text.replace(
      /^(\d+\.\d+) tailscale0 \w+ +IP (\S+) > (\S+): ICMP echo request, (.*)$/m,
      `$&\n$1 tailscale0 ${way} IP $3 > $2: ICMP echo reply, $4`,
    );
  const { chain, lost } = await found(
    "laptop router",
    [
      unpinged,
      listening("laptop", answered(recorded.ignored.laptop, "In ")),
      listening("router", answered(recorded.ignored.router, "Out")),
    ],
    live,
  );
  expect(lost).toBe(
    "tried once more, it was answered, and the answer came out of the tunnel of laptop",
  );
  expect(chain.find(({ step }) => step === "way-back")?.state).toBe("unknown");
});

test.concurrent("TL109 has where the large packets were lost", async () => {
  const large = (text: string) => text.replaceAll("length 96\n", "length 1260\n");
  const sent = ["ping -n -M do -c 2 -i 0.3 -W 1 -s 1252", "ping -n -c 3"];
  const lost = sent.map((command): Alteration => ["laptop", command, unpinged[2]]);
  const { findings } = await found(
    "laptop router:80",
    [...lost, listening("laptop", large(recorded.ignored.laptop)), listening("router", nothing)],
    live,
  );
  expect(findings).toMatchObject([
    {
      code: "TL109",
      seen: [
        {},
        {},
        { node: "laptop", line: "tailscale0 Out IP 100.64.0.2 > 100.64.0.1: ICMP echo request" },
        { node: "router", line: "no request" },
      ],
    },
  ]);
});

describe.concurrent("nobody listens", () => {
  const tried: string[] = [];
  const noting = (machine: string): Alteration => [
    machine,
    "timeout",
    () => {
      tried.push(machine);
      return undefined;
    },
  ];
  const all = ["laptop", "router", "printer"].map(noting);

  test.each<[string, string, Alteration[], { isLive?: boolean }]>([
    ["where it works", "laptop printer:80", [], live],
    ["in a capture", "laptop printer:80", [unpinged, timedOut], {}],
    [
      "where the tunnel does not work",
      "laptop printer:80",
      [
        unpinged,
        timedOut,
        ["laptop", "tailscale ping", () => ({ exitCode: 1, stdout: "no reply\n" })],
      ],
      live,
    ],
  ])("%s", async (_when, asked, alterations, unseen) => {
    tried.length = 0;
    await found(asked, [...alterations, ...all], unseen);
    expect(tried).toEqual([]);
  });

  test("though they would where it fails", async () => {
    tried.length = 0;
    await found("laptop printer:80", [unpinged, timedOut, ...all], live);
    expect(tried).toEqual(["laptop", "router", "printer"]);
  });
});

test("nobody listens for a port that the policy denies: tailscaled drops it in the tunnel", async () => {
  const asked: string[] = [];
  const noted = (machine: string): Alteration => [
    machine,
    "timeout",
    (output) => {
      asked.push(machine);
      return output;
    },
  ];
  const alterations = [timedOut, noted("laptop"), noted("router")];
  const [denied] = (await found("laptop router:81", alterations, live)).findings;
  expect(denied).toMatchObject({ code: "TL203", node: "router" });
  expect(asked).toEqual([]);
  await found("laptop router:80", alterations, live);
  expect(new Set(asked)).toEqual(new Set(["laptop", "router"]));
}, 20_000);
