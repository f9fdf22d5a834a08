import { diagnose } from "../lab/doctor/diagnose.ts";
import { liveSource } from "../lab/evidence/live.ts";
import { lookAtTailnet } from "../lab/evidence/look.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
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
    to === undefined || port === undefined
      ? undefined
      : ({ from: "laptop", to, port, protocol: "tcp" } as const);
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
