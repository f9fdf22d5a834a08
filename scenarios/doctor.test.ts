import { diagnose } from "../lab/doctor/diagnose.ts";
import { liveSource } from "../lab/evidence/live.ts";
import { lookAtTailnet } from "../lab/evidence/look.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import { setSysctl } from "../lab/running/sysctl.ts";
import type { FaultDeclaration } from "../lab/topology/faults.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";

/** Every pair of its NATs finds a direct path, so that nothing is worse than it could be. */
const test = labTest({
  name: "doctor",
  tailnet: {
    policy: {
      tagOwners: { "tag:router": ["alice@"] },
      grants: [
        { src: ["alice@"], dst: ["tag:router"], ip: ["tcp:80"] },
        { src: ["alice@"], dst: ["10.20.0.0/24"], ip: ["tcp:80"] },
      ],
      autoApprovers: { routes: { "10.20.0.0/24": ["tag:router"] } },
    },
  },
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    office: { nat: "easy", lan: "10.20.0.0/24" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice", acceptRoutes: true },
    router: {
      kind: "tailscale",
      network: "office",
      tags: ["tag:router"],
      advertiseRoutes: ["10.20.0.0/24"],
      services: [
        { kind: "http", port: 80 },
        { kind: "tcp-echo", port: 22 },
      ],
    },
    printer: { kind: "host", network: "office", services: [{ kind: "http", port: 80 }] },
  },
});

async function ask(lab: ScenarioLab, to?: string, port?: number) {
  // Anew, as a machine may have stopped since.
  const { name, run, engine } = lab.running;
  const running = await RunningLab.find(name, { run, engine });
  const question =
    to === undefined
      ? undefined
      : ({ from: "laptop", to, protocol: "tcp", ...(port === undefined ? {} : { port }) } as const);
  return diagnose(await lookAtTailnet(await liveSource(running), { question }), question);
}

test("nothing is found in a lab in which all is well", async ({ lab }) => {
  await expect(lab.node("laptop")).toBeDirectTo(lab.node("router"));
  for (const to of [undefined, "router", "printer"]) {
    const { findings, elsewhere, notLooked, works } = await ask(lab, to, 80);
    expect({ findings, elsewhere, notLooked }).toEqual({
      findings: [],
      elsewhere: [],
      notLooked: [],
    });
    if (to !== undefined) expect(works).toBe(true);
  }
});

test("a port that no rule allows is a finding when it is asked for", async ({ lab }) => {
  const { findings } = await ask(lab, "router", 22);
  expect(findings[0]).toMatchObject({ code: "TL203", node: "router" });
});

const faults: [code: string, node: string, to: string, fault: FaultDeclaration][] = [
  ["TL118", "printer", "printer", { kind: "stop", node: "printer" }],
  [
    "TL114",
    "router",
    "router",
    { kind: "host-firewall", node: "router", protocol: "tcp", port: 80 },
  ],
  ["TL112", "router", "router", { kind: "service-loopback-only", node: "router", port: 80 }],
  ["TL106", "router", "printer", { kind: "ip-forwarding-off", node: "router" }],
  ["TL107", "router", "printer", { kind: "no-return-route", node: "router" }],
  ["TL104", "laptop", "printer", { kind: "accept-routes-off", node: "laptop" }],
  ["TL103", "router", "printer", { kind: "route-unapproved", node: "router" }],
  ["TL206", "router", "router", { kind: "key-expired", node: "router" }],
];
for (const [code, node, to, fault] of faults) {
  test(`${fault.kind}: ${code} on ${node} comes first, and is gone afterwards`, async ({ lab }) => {
    {
      await using _ = await lab.inject(fault);
      await expect
        .poll(async () => (await ask(lab, to, 80)).findings[0], { timeout: 60_000 })
        .toMatchObject({ code, node });
    }
    await expect.poll(async () => (await ask(lab, to, 80)).works, { timeout: 60_000 }).toBe(true);
  });
}

/** What tcpdump showed on a machine, as the first finding has it. */
async function seenBy(lab: ScenarioLab, to: string, port?: number) {
  const { findings, lost } = await ask(lab, to, port);
  const [first] = findings;
  const seen = (first?.seen ?? [])
    .filter(({ command }) => command.startsWith("tcpdump"))
    .map(
      ({ node, line }) => `${node}: ${line.replaceAll(/(?:100\.6|10\.20\.)[\d.]+/g, "ADDRESS")}`,
    );
  return { code: first?.code, node: first?.node, seen, lost };
}

const arrived = "the request came out of the tunnel of router, and router sent no answer";

test("pings that arrive and are ignored: TL131", async ({ lab }) => {
  const everything = { grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }] };
  const policy = { ...everything, tagOwners: { "tag:router": ["alice@"] } };
  await using _ = await lab.inject({ kind: "policy", policy });
  const ignore = (value: "0" | "1") =>
    setSysctl(lab.running, "router", "net.ipv4.icmp_echo_ignore_all", value);
  await ignore("1");
  try {
    await expect
      .poll(async () => (await seenBy(lab, "router")).code, { timeout: 60_000 })
      .toBe("TL131");
    const { seen, lost } = await seenBy(lab, "router");
    expect(lost).toBe(arrived);
    expect(seen).toEqual(["router: tailscale0 In IP ADDRESS > ADDRESS: ICMP echo request"]);
  } finally {
    await ignore("0");
  }
  await expect.poll(async () => (await ask(lab, "router")).works, { timeout: 60_000 }).toBe(true);
});

test("a request that arrives, and something unknown drops: TL132", async ({ lab, skip }) => {
  const router = lab.node("router");
  const { exitCode } = await router.exec(["ip", "xfrm", "policy"]);
  skip(exitCode !== 0, "the engine's kernel has no IPsec policies");
  const block = (word: string, ...action: string[]) =>
    router.output(
      `ip xfrm policy ${word} dir in src 100.64.0.0/10 dst 100.64.0.0/10 proto 6 dport 80`
        .split(" ")
        .concat(action),
    );
  await block("add", "action", "block");
  try {
    expect(await seenBy(lab, "router", 80)).toEqual({
      code: "TL132",
      node: "router",
      seen: ["router: tailscale0 In IP ADDRESS > ADDRESS: Flags [S]"],
      lost: arrived,
    });
  } finally {
    await block("delete");
  }
});

test("an answer that leaves by another gateway is followed to the host that sent it", async ({
  lab,
}) => {
  await using _ = await lab.inject({ kind: "no-return-route", node: "router" });
  await expect
    .poll(async () => (await seenBy(lab, "printer", 80)).code, { timeout: 60_000 })
    .toBe("TL107");
  const { seen, lost } = await seenBy(lab, "printer", 80);
  expect(lost).toMatch(/^printer sent an answer, and it did not come to router/);
  expect(seen).toEqual(
    expect.arrayContaining([
      "printer: lan Out IP ADDRESS > ADDRESS: Flags [S.]",
      "router: no answer",
    ]),
  );
});

test("a request that never comes out of the target's tunnel", async ({ lab }) => {
  const { lost, findings } = await ask(lab, "router", 22);
  expect(lost).toBe(
    "the request left laptop by its tunnel, and it did not come out of the tunnel of router",
  );
  expect(findings[0]?.code).toBe("TL203");
});
