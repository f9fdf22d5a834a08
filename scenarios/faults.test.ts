import fc from "fast-check";
import { clear } from "../lab/faults/clear.ts";
import { inject } from "../lab/faults/inject.ts";
import { readFaults } from "../lab/faults/record.ts";
import { waitReady } from "../lab/running/ready.ts";
import type { FaultDeclaration } from "../lab/topology/faults.ts";
import { idOf, kinds, machines, reachBoth, silent, tcp, topology, udp } from "./faults-lab.ts";
import { expect, labTest } from "./harness/index.ts";
import { changesSince, stateOf } from "./harness/lab-state.ts";

/** Several faults at once: kept by their machines, and taken back in any order. */

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

// Some forty injections and clearings, of which each of a machine's life takes its seconds.
const long = { timeout: 480_000 };
test(
  "any faults, injected and cleared in any order, leave the lab as it was",
  long,
  async ({ lab }) => {
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
  },
);
