import { afterAll, expect, test, vi } from "vitest";
import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine } from "../lab/engine/engine.ts";
import { setPolicy } from "../lab/running/policy.ts";
import { listLabs } from "../lab/running/running-lab.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { reapAfter } from "./harness/reaper.ts";
import { loadSource } from "./harness/scenario-lab.ts";
import { warmLab } from "./harness/warm-lab.ts";

vi.setConfig({ testTimeout: 120_000 });

/** A run of its own: what the other files' labs are is not its business. */
const run = `warm-${process.pid}`;
reapAfter({ run });
const user = "some.test.ts";

const topology: LabDeclaration = {
  name: "warm",
  nodes: { laptop: { kind: "tailscale", network: "internet", user: "alice" } },
};

async function names(): Promise<string[]> {
  const labs = await listLabs(await connectEngine());
  return labs.filter((lab) => lab.run === run).map(({ name }) => name);
}

afterAll(async () => void (await cleanAll(await connectEngine(), { run })));

test("given back as it was, it is the next one's; in use, it is nobody else's", async () => {
  const loaded = await loadSource(topology);
  const first = await warmLab(loaded, { run, user });
  const other = await warmLab(loaded, { run, user });
  expect(other.plan.lab).not.toBe(first.plan.lab);
  await other[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  const both = [first, other].map(({ plan }) => plan.lab);
  await using next = await warmLab(loaded, { run, user });
  expect(both).toContain(next.plan.lab);
  expect(await next.node("laptop").output(["tailscale", "ip", "-4"])).toMatch(/^100\.64\.0\.1$/m);
});

test("left otherwise than it was, it is removed; its user and each change are named", async () => {
  const lab = await warmLab(await loadSource(topology), { run, user });
  const laptop = lab.node("laptop");
  await laptop.output(["nft", "table inet left { }"]);
  await laptop.output(["ip", "route", "add", "203.0.113.0/24", "dev", "inet"]);
  await laptop.output(["tailscale", "set", "--accept-routes"]);
  await laptop.output(["sh", "-c", 'rm "$(command -v ping)"']);
  await laptop.output(["sh", "-c", "sleep 4711 >/dev/null 2>&1 &"]);
  await setPolicy(lab.running, JSON.stringify({ grants: [] }));
  const message = await lab[Symbol.asyncDispose]().then(
    () => "given back",
    (error: unknown) => String(error),
  );
  expect(message).toContain(`${user} did not give lab ${lab.plan.lab} back as it was`);
  for (const change of [
    "+ laptop: rules: table inet left {",
    "+ laptop: routes: 203.0.113.0/24",
    "+ laptop: prefs: RouteAll=true",
    "- laptop: programs: ",
    "+ laptop: processes: sleep 4711",
    "+ control: policy: ",
  ]) {
    expect(message).toContain(change);
  }
  expect(await names()).not.toContain(lab.plan.lab);
});

test("a changed topology has a new one, and the owner's old one goes", async () => {
  const owner = "/some/lab.ts";
  const before = await warmLab(await loadSource(topology), { run, user, owner });
  await before[Symbol.asyncDispose]();
  const changed = { ...topology, relays: { ams: {}, osl: {} } };
  await using after = await warmLab(await loadSource(changed), { run, user, owner });
  expect(after.running.ofKind("relay").map(({ name }) => name)).toEqual(["derp-ams", "derp-osl"]);
  expect(await names()).not.toContain(before.plan.lab);
});

test("one that was changed while nobody had it is not taken again", async () => {
  const owner = "/some/other/lab.ts";
  const loaded = await loadSource(topology);
  const before = await warmLab(loaded, { run, user, owner });
  await before[Symbol.asyncDispose]();
  await before.node("laptop").output(["tailscale", "down"]);
  await using after = await warmLab(loaded, { run, user, owner });
  expect(after.plan.lab).not.toBe(before.plan.lab);
  expect(await names()).not.toContain(before.plan.lab);
});
