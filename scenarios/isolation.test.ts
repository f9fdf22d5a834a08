import { test as base } from "vitest";
import type { Engine } from "../lab/engine/engine.ts";
import { acquireLock } from "../lab/engine/lock.ts";
import { subnetLock } from "../lab/engine/subnet-pool.ts";
import type { Plan } from "../lab/plan/plan.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { expect, ScenarioLab } from "./harness/index.ts";
import { evidenceLeaver } from "./harness/leave-evidence.ts";
import { hostOf } from "./harness/matchers/target.ts";
import { nobody, segmentOf, UplinkGuard } from "./harness/uplink-guard.ts";

/** Seldom a machine's own, so that what the guard counts is a lab's. */
const lan = "10.213.77.0/24";
const topology: LabDeclaration = {
  name: "isolation",
  networks: { home: { nat: "easy", lan } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    phone: { kind: "tailscale", network: "internet", user: "bob" },
    www: { kind: "host", network: "internet" },
  },
};

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's dependencies off its first parameter
  .extend("guard", { scope: "file" }, async ({}, { onCleanup }) => {
    const guard = await UplinkGuard.start([lan]);
    onCleanup(() => guard[Symbol.asyncDispose]());
    return guard;
  })
  // After the guard: it must see the labs' first packets.
  .extend("labs", { scope: "file" }, async ({ guard: _ }, { onCleanup }) => {
    const starts = await Promise.allSettled([1, 2, 3, 4].map(() => ScenarioLab.start(topology)));
    const labs = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    // One after the other: a mutation puts a node of one lab on a network of another.
    const cleanup = new AsyncDisposableStack();
    for (const lab of labs) cleanup.use(lab);
    onCleanup(() => cleanup.disposeAsync());
    for (const start of starts) if (start.status === "rejected") throw start.reason;
    return labs.sort((a, b) => (a.plan.lab < b.plan.lab ? -1 : 1));
  })
  .extend("evidence", { auto: true }, async ({ labs, task, annotate }, { onCleanup }) => {
    const leavers = labs.map((lab) => evidenceLeaver({ task, annotate }, lab, lab.plan.lab));
    onCleanup(async () => {
      for (const leave of leavers) await leave();
    });
  });

test("in each of four labs the same addresses are other machines", async ({ labs }) => {
  const [first] = labs.map((lab) => addressesIn(lab.plan));
  for (const lab of labs) expect(addressesIn(lab.plan)).toEqual(first);
  const keys = await Promise.all(labs.map((lab) => nodeKey(lab.node("phone"))));
  expect(new Set(keys), "node keys of the phones").toHaveLength(labs.length);

  // Another number in each lab: a packet that went astray would be counted in another one.
  const sent = labs.map((_, index) => 10 + index);
  const seen = await Promise.all(
    labs.map(async (lab, index) => {
      const laptop = lab.node("laptop");
      const targets = [lab.node("phone"), lab.node("www")];
      const before = await Promise.all(targets.map(echoesAsked));
      for (const target of targets) {
        const host = await hostOf(target, "ipv4");
        await laptop.output(["ping", "-qn", "-i", "0.05", "-c", String(sent[index]), host]);
      }
      const after = await Promise.all(targets.map(echoesAsked));
      return after.map((count, each) => count - (before[each] ?? 0));
    }),
  );
  expect(seen, "pings that phone and www saw in each lab").toEqual(sent.map((n) => [n, n]));
});

test("an address of one lab is nobody's in the others", async ({ labs }) => {
  const [first, ...others] = labs;
  const address = "198.18.77.77";
  await first?.node("www").output(["ip", "addr", "add", `${address}/32`, "dev", "inet"]);
  const asks = async (lab: ScenarioLab, node: string) => {
    const { exitCode } = await lab.node(node).exec(["ping", "-qn", "-c2", "-i1", "-W2", address]);
    return exitCode === 0 ? [`${node} of ${lab.plan.lab}`] : [];
  };
  if (first !== undefined) expect(await asks(first, "phone")).toHaveLength(1);
  const answered = await Promise.all(
    others.flatMap((lab) => ["laptop", "phone", "www"].map((node) => asks(lab, node))),
  );
  expect(answered.flat(), `who of another lab is answered by ${address}`).toEqual([]);
});

test("no packet leaves the machine", async ({ labs, guard, skip }) => {
  skip(!(await guard.hasUplink()), "the machine has no default route: nothing can leave it");
  expect(await guard.leaving(), "packets of labs on their way out").toBe(0);
  // The guard does see what would leave.
  const [lab] = labs;
  if (lab === undefined) throw new Error("no lab runs");
  await guard.showWayOut(lab.running, "www");
  await lab.node("www").exec(["ping", "-qn", "-c3", "-i0.1", "-W1", nobody]);
  expect(await guard.leaving(), "packets on the way out that was shown").toBe(3);
});

// Depends on the others' labs, so that it is gone while they run.
test("a lab that is gone leaves nothing", async ({ labs: _, guard }) => {
  const lab = await ScenarioLab.start(topology);
  const { engine } = lab.running;
  const bridges = await Promise.all(
    ["laptop", "www"].map(async (name) => (await segmentOf(lab.node(name))).bridge),
  );
  expect(await guard.interfaces()).toEqual(expect.arrayContaining(bridges));
  await lab[Symbol.asyncDispose]();
  const [containers, networks, { Volumes: volumes }, interfaces] = await Promise.all([
    engine.listContainers({ all: true }),
    engine.listNetworks(),
    engine.listVolumes(),
    guard.interfaces(),
  ]);
  const made = [...lab.plan.containers, ...lab.plan.networks, ...lab.plan.volumes].map(
    (each) => each.dockerName,
  );
  const left = [
    ...containers.flatMap(({ Names }) => Names.map((name) => name.slice(1))),
    ...[...networks, ...volumes].map(({ Name }) => Name),
  ].filter((name) => made.includes(name));
  expect(left, "containers, networks and volumes that are left").toEqual([]);
  expect(interfaces.filter((each) => bridges.includes(each))).toEqual([]);
  expect(await poolsHeld(engine, lab.plan), "networks of Docker's pool still locked").toEqual([]);
});

/** All simulated addresses, by node. */
function addressesIn(plan: Plan): Record<string, string[]> {
  return Object.fromEntries(
    plan.containers.map(({ name, interfaces }) => [name, interfaces.flatMap((i) => i.addresses)]),
  );
}

async function nodeKey(node: RunningNode): Promise<string> {
  const status = JSON.parse(await node.output(["tailscale", "status", "--json", "--peers=false"]));
  return String((status as { Self: { PublicKey: string } }).Self.PublicKey);
}

/** ICMP echo requests that the node's kernel was asked since its start: `InEchos` in /proc/net/snmp (RFC 4293). */
async function echoesAsked(node: RunningNode): Promise<number> {
  const text = await node.output(["grep", "^Icmp:", "/proc/net/snmp"]);
  const [names, values] = text.split("\n").map((line) => line.split(" "));
  return Number(values?.[names?.indexOf("InEchos") ?? -1]);
}

/** Of a lab's networks in Docker's pool, those that this process has still locked. Another may have them by now. */
async function poolsHeld(engine: Engine, plan: Plan): Promise<string[]> {
  const held: string[] = [];
  for (const { dockerSubnet } of plan.networks) {
    const answer = await acquireLock(
      await subnetLock(engine, Number(dockerSubnet.split(".")[2])),
      "looks whether it is free",
    );
    if ("lock" in answer) await answer.lock[Symbol.asyncDispose]();
    else if (answer.holder.pid === process.pid) held.push(dockerSubnet);
  }
  return held;
}
