import { engineCall } from "../lab/engine/engine.ts";
import { readFaults } from "../lab/faults/record.ts";
import { netcheckOf } from "../lab/observe/netcheck.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import { machines, reachBoth, tcp, topology, udp } from "./faults-lab.ts";
import { expect, labTest } from "./harness/index.ts";

/** Faults of routers, and of a machine's life. */

const test = labTest(topology);

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

test("pause, cured by hand: it does not come back when another fault is cleared", async ({
  lab,
}) => {
  const { nas, desk } = machines(lab);
  await lab.inject({ kind: "pause", node: "desk" });
  await engineCall(desk.container.unpause());
  {
    await using _ = await lab.inject({ kind: "stop", node: "desk" });
    expect((await readFaults(lab.running)).map(({ fault }) => fault.kind)).toEqual(["stop"]);
  }
  expect(await readFaults(lab.running)).toEqual([]);
  await reachBoth(nas, desk);
});

test("restart: a machine is another run of itself, and nothing is left", async ({ lab }) => {
  const { nas, desk } = machines(lab);
  const before = await startedAt(desk);
  await lab.inject({ kind: "restart", node: "desk" });
  expect(await startedAt(desk)).not.toBe(before);
  await reachBoth(nas, desk);
  expect(await readFaults(lab.running)).toEqual([]);
});

async function startedAt(node: RunningNode): Promise<string> {
  return (await engineCall(node.container.inspect())).State.StartedAt;
}
