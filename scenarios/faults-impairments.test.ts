import type { RunningNode } from "../lab/running/running-node.ts";
import { machines, reachBoth, silent, tcp, topology } from "./faults-lab.ts";
import { expect, labTest } from "./harness/index.ts";

/** Links that lose, delay or hold back packets. */

const test = labTest(topology);

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
