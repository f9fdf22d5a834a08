import { expect, test } from "vitest";
import { evidenceCommands } from "../../lab/evidence/commands.ts";
import { liveSource } from "../../lab/evidence/live.ts";
import { failedPrefix, readyLine } from "../../lab/plan/plan.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { type FakeContainer, fakeEngine } from "../engine/fake-engine.ts";

function labWith(container: Omit<FakeContainer, "lab" | "name">): Promise<RunningLab> {
  const spec = { kind: "tailscale" } as const;
  const engine = fakeEngine([{ lab: "x", name: "laptop", spec, running: false, ...container }]);
  return RunningLab.find("x", { engine });
}

async function whyDown(container: Omit<FakeContainer, "lab" | "name">): Promise<unknown> {
  const source = await liveSource(await labWith(container));
  return source.run("laptop", evidenceCommands.addresses.argv);
}

test("a declared machine whose container is gone is a machine that does not run", async () => {
  const lab = await labWith({});
  const gone = { ...lab.node("laptop").spec, name: "phone" };
  const source = await liveSource(lab.withDeclared([gone]));
  expect(source.machines.map(({ name }) => name)).toEqual(["laptop", "phone"]);
  expect(await source.run("phone", evidenceCommands.addresses.argv)).toMatchObject({
    isDown: true,
    why: expect.stringMatching(/^its container is gone; `tailnet-lab up`/),
  });
});

test("a machine that gave up says why, in its own words", async () => {
  const gaveUp = `${failedPrefix}timed out waiting for the control server`;
  expect(await whyDown({ log: ["joining", gaveUp] })).toMatchObject({
    isDown: true,
    why: "its container has exited: timed out waiting for the control server",
  });
});

test("one that was stopped when it had come up in the end says nothing", async () => {
  const log = [`${failedPrefix}timed out waiting for the control server`, readyLine];
  expect(await whyDown({ log })).toMatchObject({ isDown: true, why: "its container has exited" });
});
