import fc from "fast-check";
import { engineCall } from "../lab/engine/engine.ts";
import { clear } from "../lab/faults/clear.ts";
import { inject } from "../lab/faults/inject.ts";
import { readFaults } from "../lab/faults/record.ts";
import { accessLogOf } from "../lab/observe/access-log.ts";
import { netcheckOf } from "../lab/observe/netcheck.ts";
import { waitReady } from "../lab/running/ready.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { FaultDeclaration } from "../lab/topology/faults.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";
import { changesSince, stateOf } from "./harness/lab-state.ts";

const services = [
  { kind: "http" as const, port: 80 },
  { kind: "tcp-echo" as const, port: 7 },
  { kind: "udp-echo" as const, port: 7 },
];

const topology: LabDeclaration = {
  name: "faults",
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.2.0/24" },
    office: { nat: "hard", lan: "10.20.0.0/24" },
    cloud: { nat: "none" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    phone: { kind: "tailscale", network: "cafe", user: "alice", services },
    nas: { kind: "host", network: "home" },
    desk: { kind: "host", network: "home", services },
    till: { kind: "host", network: "cafe", services },
    printer: { kind: "host", network: "office" },
    vps: { kind: "host", network: "cloud", services },
    www: { kind: "host", network: "internet", services },
  },
};

const test = labTest(topology);

/** Some stand in each other's way: of one setting, of one machine's life, of one machine that stands still. */
const anyFaults: FaultDeclaration[] = [
  { kind: "cut", between: ["home", "cafe"], protocol: "udp" },
  { kind: "cut", between: ["desk", "www"], oneWay: true },
  { kind: "partition", groups: [["home", "vps"], ["internet"]] },
  { kind: "udp-blocked", at: "desk" },
  { kind: "loss", at: "home", percent: 20 },
  { kind: "latency", at: "home", ms: 50 },
  { kind: "latency", at: "desk", ms: 20 },
  { kind: "latency", at: "desk", ms: 30 },
  { kind: "rate", at: "home", kbit: 2000 },
  { kind: "rate", at: "home", kbit: 500 },
  { kind: "rate", at: "desk", kbit: 1000 },
  { kind: "mtu", at: "home", bytes: 1300 },
  { kind: "mtu", at: "home", bytes: 1200, icmp: true },
  { kind: "nat", network: "home", preset: "hard" },
  { kind: "nat", network: "office", preset: "easy" },
  { kind: "stop", node: "desk" },
  { kind: "pause", node: "desk" },
  { kind: "kill", node: "till" },
  { kind: "pause", node: "router-home" },
  { kind: "host-firewall", node: "phone", protocol: "tcp", port: 80 },
  { kind: "service-down", node: "desk", port: 80 },
  { kind: "accept-dns-off", node: "laptop" },
];

const tcp = { port: 80 };
const udp = { port: 7, protocol: "udp" as const };
const silent = { as: "timeout" as const, seconds: 1 };

test("cut: all, TCP or UDP, both ways or one way, and nothing else", async ({ lab }) => {
  const { nas, desk, till, www } = machines(lab);
  await reachBoth(nas, www);
  {
    await using _ = await lab.inject({ kind: "cut", between: ["home", "www"] });
    await expect(nas).toFailToReach(www, { ...tcp, ...silent });
    await expect(nas).toFailToReach(www, { ...udp, ...silent });
    await reachBoth(till, www);
  }
  {
    await using _ = await lab.inject({ kind: "cut", between: ["nas", "www"], protocol: "tcp" });
    await expect(nas).toFailToReach(www, { ...tcp, ...silent });
    await expect(nas).toReach(www, udp);
    await reachBoth(desk, www);
  }
  {
    await using _ = await lab.inject({ kind: "cut", between: ["www", "home"], protocol: "udp" });
    await expect(nas).toFailToReach(www, { ...udp, ...silent });
    await expect(nas).toReach(www, tcp);
  }
  {
    await using _ = await lab.inject({ kind: "cut", between: ["nas", "desk"] });
    await expect(nas).toFailToReach(desk, { ...tcp, ...silent });
    await reachBoth(nas, www);
  }
  await reachBoth(nas, www);
  await reachBoth(nas, desk);
});

test("cut one way: what the first sends is lost, what the second sends arrives", async ({
  lab,
}) => {
  const { nas, www } = machines(lab);
  for (const { between, seen } of [
    { between: ["nas", "www"] as [string, string], seen: [] },
    { between: ["www", "nas"] as [string, string], seen: [publicAddress(lab, "router-home")] },
  ]) {
    const since = new Date().toISOString();
    await using _ = await lab.inject({ kind: "cut", between, oneWay: true });
    await expect(nas).toFailToReach(www, { ...udp, ...silent });
    const callers = (await accessLogOf(www, since)).map(({ from }) => from);
    expect([...new Set(callers)], `callers at www, ${between.join(" → ")} cut`).toEqual(seen);
  }
  await reachBoth(nas, www);
});

test("cut from the internet: what is behind the router still reaches itself", async ({ lab }) => {
  const { nas, desk, till, www } = machines(lab);
  {
    await using _ = await lab.inject({ kind: "cut", between: ["home", "internet"] });
    await expect(nas).toFailToReach(www, { ...tcp, ...silent });
    await reachBoth(nas, desk);
    await reachBoth(till, www);
  }
  await reachBoth(nas, www);
});

test("cut between two homes: a path through a relay, then direct again", async ({ lab }) => {
  const { laptop, phone } = machines(lab);
  await expect(laptop).toBeDirectTo(phone);
  {
    const fault = { kind: "cut" as const, between: ["home", "cafe"] as [string, string] };
    await using _ = await lab.inject({ ...fault, protocol: "udp" });
    await expect(laptop).toBeRelayedTo(phone);
  }
  await expect(laptop).toBeDirectTo(phone);
});

test("partition: within a group packets pass", async ({ lab }) => {
  const { nas, desk, till, printer, vps, www } = machines(lab);
  {
    await using _ = await lab.inject({
      kind: "partition",
      groups: [["home", "vps"], ["office"], ["internet"]],
    });
    for (const [from, to] of [
      [nas, www],
      [vps, www],
      [printer, www],
      [printer, vps],
    ] as const) {
      await expect(from).toFailToReach(to, { ...tcp, ...silent });
    }
    await reachBoth(nas, vps);
    await reachBoth(nas, desk);
    await reachBoth(till, www);
  }
  await reachBoth(nas, www);
  await reachBoth(printer, vps);
});

test("udp-blocked: TCP and DNS pass", async ({ lab }) => {
  const { till, nas, www } = machines(lab);
  await reachBoth(till, www);
  {
    await using _ = await lab.inject({ kind: "udp-blocked", at: "cafe" });
    await expect(till).toFailToReach(www, { ...udp, ...silent });
    await expect(till).toReach(www, tcp);
    const answer = await till.output(["dig", "+short", "+time=2", "control.lab.test"]);
    expect(answer.trim(), "what the internet's DNS answers").toMatch(/^198\.18\./);
    await reachBoth(nas, www);
  }
  await reachBoth(till, www);
});

test("loss: of the packets, each way", async ({ lab }) => {
  const { till, www } = machines(lab);
  const [address = ""] = www.spec.addresses;
  expect(await pings(till, address, 50), "lost without a fault").toBe(0);
  {
    await using _ = await lab.inject({ kind: "loss", at: "cafe", percent: 30 });
    // Both ways: 1 - 0.7². Of 300, five standard deviations.
    expect(Math.abs((await pings(till, address, 300)) - 51), "lost, off 51 %").toBeLessThan(15);
  }
  {
    await using _ = await lab.inject({ kind: "loss", at: "till", percent: 100 });
    await expect(till).toFailToReach(www, { ...tcp, ...silent });
  }
  expect(await pings(till, address, 50), "lost after the fault").toBe(0);
});

test.for(["home", "nas"])("latency: each round trip takes longer at %s", async (at, { lab }) => {
  const { nas, desk, www } = machines(lab);
  expect(await roundTripMs(nas, www), "ms over a link of no latency").toBeLessThan(40);
  {
    await using _ = await lab.inject({ kind: "latency", at, ms: 80 });
    const ms = await roundTripMs(nas, www);
    expect(ms, "ms over a link of 80 ms").toBeGreaterThanOrEqual(80);
    expect(ms, "ms over a link of 80 ms").toBeLessThan(120);
    await reachBoth(nas, www);
    const inLan = at === "home" ? [0, 40] : [80, 120];
    expect(await roundTripMs(nas, desk), "ms in the LAN").toBeGreaterThanOrEqual(inLan[0] ?? 0);
    expect(await roundTripMs(nas, desk), "ms in the LAN").toBeLessThan(inLan[1] ?? 0);
  }
  expect(await roundTripMs(nas, www), "ms after the fault").toBeLessThan(40);
});

test.for(["home", "nas"])("rate: each way is slow at %s", async (at, { lab }) => {
  const { nas, www } = machines(lab);
  const server = await www.spawn(["iperf3", "-s"]);
  try {
    const [address = ""] = www.spec.addresses;
    await expect
      .poll(() => rates(nas, address, 1), { timeout: 20_000 })
      .toEqual([expect.any(Number), expect.any(Number)]);
    for (const rate of (await rates(nas, address, 1)) ?? []) expect(rate).toBeGreaterThan(50_000);
    {
      await using _ = await lab.inject({ kind: "rate", at, kbit: 4000 });
      for (const rate of (await rates(nas, address, 3)) ?? []) {
        expect(rate, "kbit/s under a limit of 4000").toBeGreaterThan(1500);
        expect(rate, "kbit/s under a limit of 4000").toBeLessThan(4800);
      }
    }
    for (const rate of (await rates(nas, address, 1)) ?? []) expect(rate).toBeGreaterThan(50_000);
  } finally {
    await server.kill();
  }
});

test("mtu: larger packets are lost in silence, or with a word to the sender", async ({ lab }) => {
  const { nas, desk, www } = machines(lab);
  expect(await largest(nas, www, 1500)).toBe("passes");
  {
    await using _ = await lab.inject({ kind: "mtu", at: "nas", bytes: 1300 });
    expect(await largest(nas, www, 1300)).toBe("passes");
    expect(await largest(nas, www, 1301)).toBe("no answer");
  }
  {
    await using _ = await lab.inject({ kind: "mtu", at: "home", bytes: 1200 });
    expect(await largest(nas, www, 1200)).toBe("passes");
    expect(await largest(nas, www, 1201)).toBe("no answer");
    expect(await echoes(nas, www, 500), "bytes back of 500").toBe(500);
    expect(await echoes(nas, www, 200_000), "bytes back of 200,000").toBe(0);
  }
  expect(await echoes(nas, www, 200_000), "bytes back of 200,000").toBe(200_000);
  expect(await largest(nas, www, 1500)).toBe("passes");
  {
    await using _ = await lab.inject({ kind: "mtu", at: "home", bytes: 1200, icmp: true });
    // Who is told remembers it for ten minutes.
    expect(await largest(desk, www, 1200)).toBe("passes");
    expect(await largest(desk, www, 1201)).toBe("too large: 1200");
    expect(await echoes(desk, www, 200_000), "bytes back of 200,000").toBe(200_000);
  }
});

test("nat: a mapping for each destination, then one for all again", async ({ lab }) => {
  const { laptop } = machines(lab);
  const varies = async () => (await netcheckOf(laptop)).mappingVariesByDestIp;
  expect(await varies()).toBe(false);
  {
    await using _ = await lab.inject({ kind: "nat", network: "home", preset: "hard" });
    expect(await varies(), "behind a hard NAT").toBe(true);
  }
  expect(await varies()).toBe(false);
});

test("router-reboot: its bindings are lost", async ({ lab }) => {
  const { till, www } = machines(lab);
  const router = lab.node("router-cafe");
  const [address = ""] = www.spec.addresses;
  const bindings = async () =>
    (await router.output(["conntrack", "-L", "-p", "udp", "-d", address])).split("\n").length - 1;
  await expect(till).toReach(www, udp);
  expect(await bindings(), "bindings before").toBeGreaterThan(0);
  await lab.inject({ kind: "router-reboot", network: "cafe" });
  expect(await bindings(), "bindings after").toBe(0);
  expect(await readFaults(lab.running), "faults that a reboot leaves").toEqual([]);
  await reachBoth(till, www);
});

test("stop, kill: a machine is gone, and is back", async ({ lab }) => {
  const { nas, desk } = machines(lab);
  for (const kind of ["stop", "kill"] as const) {
    await reachBoth(nas, desk);
    {
      await using _ = await lab.inject({ kind, node: "desk" });
      await expect(nas).toFailToReach(desk, { ...tcp, as: ["timeout", "unreachable"], seconds: 1 });
    }
  }
  await reachBoth(nas, desk);
});

test("pause: a machine stands still, and keeps its connections", async ({ lab }) => {
  const { nas, desk } = machines(lab);
  const [address = ""] = desk.spec.addresses;
  const connection = await nas.spawn(["nc", address, "7"]);
  const answers = connection.stdout[Symbol.asyncIterator]();
  const say = async (word: string) => {
    connection.stdin.write(`${word}\n`);
    return String((await answers.next()).value).trim();
  };
  try {
    expect(await say("before")).toBe("before");
    {
      await using _ = await lab.inject({ kind: "pause", node: "desk" });
      await expect(nas).toFailToReach(desk, { ...tcp, as: "unanswered", seconds: 1 });
    }
    expect(await say("after")).toBe("after");
  } finally {
    await connection.kill();
  }
});

test("restart: a machine is another run of itself, and nothing is left", async ({ lab }) => {
  const { nas, desk } = machines(lab);
  const before = await startedAt(desk);
  await lab.inject({ kind: "restart", node: "desk" });
  expect(await startedAt(desk)).not.toBe(before);
  await reachBoth(nas, desk);
  expect(await readFaults(lab.running)).toEqual([]);
});

test("a fault is held by a machine that restarts, and found by whoever looks", async ({ lab }) => {
  const { nas, www, printer } = machines(lab);
  const faults: FaultDeclaration[] = [
    { kind: "cut", between: ["home", "www"], protocol: "tcp" },
    { kind: "rate", at: "home", kbit: 2000 },
    { kind: "nat", network: "office", preset: "easy" },
  ];
  try {
    for (const fault of faults) await inject(lab.running, fault);
    const before = await readFaults(lab.running);
    const rules = () => lab.node("router-office").output(["nft", "list", "table", "ip", "nat"]);
    for (const name of ["router-home", "router-office"]) {
      await lab.node(name).restart();
      await waitReady([lab.node(name)]);
    }
    expect(await readFaults(lab.running)).toEqual(before);
    expect(before.map(({ fault }) => fault.kind)).toEqual(faults.map(({ kind }) => kind));
    await expect(nas).toFailToReach(www, { ...tcp, ...silent });
    await expect(nas).toReach(www, udp);
    expect(await lab.node("router-home").output(["tc", "qdisc", "show"])).toContain("2Mbit");
    expect(await rules()).not.toContain("fully-random");
    await reachBoth(printer, www);
  } finally {
    await clear(lab.running, "all");
  }
  expect(await readFaults(lab.running)).toEqual([]);
  await reachBoth(nas, www);
});

test("a fault is injected and cleared while its machine stands still", async ({ lab }) => {
  const { nas, www, desk } = machines(lab);
  for (const kind of ["stop", "pause"] as const) {
    await using still = await lab.inject({ kind, node: "desk" });
    const cut = await inject(lab.running, { kind: "cut", between: ["desk", "www"] });
    const loss = await inject(lab.running, { kind: "loss", at: "desk", percent: 100 });
    expect(await kinds(lab)).toEqual([kind, "cut", "loss"]);
    await clear(lab.running, [idOf(loss)]);
    expect(await kinds(lab)).toEqual([kind, "cut"]);
    await still[Symbol.asyncDispose]();
    await expect(desk).toFailToReach(www, { ...tcp, ...silent });
    await reachBoth(nas, desk);
    {
      await using _ = await lab.inject({ kind, node: "desk" });
      await clear(lab.running, [idOf(cut)]);
      expect(await kinds(lab)).toEqual([kind]);
    }
    await reachBoth(desk, www);
  }
});

test("a fault of a name that is not there, or that can't be done, changes nothing", async ({
  lab,
}) => {
  await expect(lab.inject({ kind: "stop", node: "dezk" })).rejects.toThrow(/did you mean desk/);
  await expect(lab.inject({ kind: "mtu", at: "www", bytes: 1300, icmp: true })).rejects.toThrow(
    /only a router/,
  );
  await using _ = await lab.inject({ kind: "stop", node: "desk" });
  await expect(lab.inject({ kind: "restart", node: "desk" })).rejects.toThrow(/can't restart/);
  expect(await kinds(lab)).toEqual(["stop"]);
});

test("any faults, injected and cleared in any order, leave the lab as it was", async ({ lab }) => {
  const before = await stateOf(lab.running);
  const property = fc.asyncProperty(
    fc.shuffledSubarray(anyFaults, { minLength: 5, maxLength: 8 }),
    fc.infiniteStream(fc.nat()),
    async (faults, choices) => {
      const waiting = [...faults];
      const injected: string[] = [];
      try {
        while (waiting.length + injected.length > 0) {
          const choice = choices.next().value ?? 0;
          const next = choice % 3 === 0 && injected.length > 0 ? undefined : waiting.pop();
          if (next !== undefined) {
            injected.push(idOf(await inject(lab.running, next)));
          } else {
            await clear(lab.running, injected.splice(choice % injected.length, 1));
          }
        }
      } finally {
        await clear(lab.running, "all");
      }
      expect(await changesSince(lab.running, before), "what is not as it was").toEqual([]);
    },
  );
  await fc.assert(property, { numRuns: 3, endOnFailure: true });
});

function machines(lab: ScenarioLab) {
  const names = ["laptop", "phone", "nas", "desk", "till", "printer", "vps", "www"] as const;
  const found = names.map((name) => [name, lab.node(name)]);
  return Object.fromEntries(found) as Record<(typeof names)[number], RunningNode>;
}

async function reachBoth(from: RunningNode, to: RunningNode): Promise<void> {
  await expect(from).toReach(to, tcp);
  await expect(from).toReach(to, udp);
}

function publicAddress(lab: ScenarioLab, name: string): string {
  return lab.node(name).spec.addresses.find((address) => address.startsWith("198.18.")) ?? "";
}

/** Percent of the pings that got no answer. */
async function pings(from: RunningNode, address: string, count: number): Promise<number> {
  const { stdout } = await from.exec(
    ["ping", "-c", String(count), "-i", "0.005", "-W", "1", address],
    { timeoutMs: 30_000 },
  );
  return Number(/([\d.]+)% packet loss/.exec(stdout)?.[1]);
}

/** The shortest of five round trips; none may be lost. */
async function roundTripMs(from: RunningNode, to: RunningNode): Promise<number> {
  const [address = ""] = to.spec.addresses;
  const stdout = await from.output(["ping", "-q", "-c", "5", "-i", "0.1", "-W", "1", address]);
  expect(stdout).toContain(" 0% packet loss");
  return Number(/= ([\d.]+)\//.exec(stdout)?.[1]);
}

/** What becomes of a packet of so many bytes that may not be cut into smaller ones. */
async function largest(from: RunningNode, to: RunningNode, bytes: number): Promise<string> {
  const size = String(bytes - 28);
  const [address = ""] = to.spec.addresses;
  const argv = ["ping", "-M", "do", "-s", size, "-c", "2", "-i", "0.1", "-W", "1", address];
  const { stdout, stderr } = await from.exec(argv);
  const told = /mtu ?= ?(\d+)/.exec(stdout + stderr)?.[1];
  if (told !== undefined) return `too large: ${told}`;
  return / 0% packet loss/.test(stdout) ? "passes" : "no answer";
}

/** How many bytes of a TCP echo come back in 4 s. */
async function echoes(from: RunningNode, to: RunningNode, bytes: number): Promise<number> {
  const script = `head -c ${bytes} /dev/zero | timeout 4 socat -t 3 - TCP4:${to.spec.addresses[0]}:7 | wc -c`;
  return Number(await from.output(["sh", "-c", script]));
}

/** Kilobits a second, out and in; undefined where the server does not answer yet. */
async function rates(from: RunningNode, address: string, seconds: number) {
  const found: number[] = [];
  for (const way of [[], ["-R"]]) {
    const argv = ["iperf3", "-c", address, "-t", String(seconds), "-J", ...way];
    const { stdout, exitCode } = await from.exec(argv, { timeoutMs: 30_000 });
    if (exitCode !== 0) return undefined;
    found.push(JSON.parse(stdout).end.sum_received.bits_per_second / 1000);
  }
  return found;
}

async function startedAt(node: RunningNode): Promise<string> {
  return (await engineCall(node.container.inspect())).State.StartedAt;
}

async function kinds(lab: ScenarioLab): Promise<string[]> {
  return (await readFaults(lab.running)).map(({ fault }) => fault.kind);
}

function idOf(injected: Awaited<ReturnType<typeof inject>>): string {
  if (injected.state === "over") throw new Error("it has left no record");
  return injected.record.id;
}
