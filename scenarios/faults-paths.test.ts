import { accessLogOf } from "../lab/observe/access-log.ts";
import { machines, reachBoth, silent, tcp, topology, udp } from "./faults-lab.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";

/** Faults of paths between places. */

const test = labTest(topology);

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
  const { nas, desk, till, vps, www } = machines(lab);
  for (const between of [
    ["home", "internet"],
    ["internet", "home"],
  ] as [string, string][]) {
    await using _ = await lab.inject({ kind: "cut", between });
    await expect(nas).toFailToReach(www, { ...tcp, ...silent });
    await expect(nas).toFailToReach(vps, { ...tcp, ...silent });
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

function publicAddress(lab: ScenarioLab, name: string): string {
  return lab.node(name).spec.addresses.find((address) => address.startsWith("198.18.")) ?? "";
}
