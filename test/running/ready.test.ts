import { describe, expect, test } from "vitest";
import { failedPrefix, readyLine } from "../../lab/plan/plan.ts";
import { waitReady } from "../../lab/running/ready.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { type FakeContainer, fakeEngine } from "../engine/fake-engine.ts";

async function nodes(...containers: Omit<FakeContainer, "lab">[]) {
  const engine = fakeEngine(containers.map((container) => ({ lab: "x", ...container })));
  return (await RunningLab.find("x", { engine })).nodes;
}

describe("waiting for nodes", () => {
  test("ends when each has printed its line, and tells how far it is", async () => {
    const told: string[] = [];
    await waitReady(
      await nodes({ name: "a", log: ["hello", readyLine] }, { name: "b", log: [readyLine] }),
      { detail: (text) => told.push(text) },
    );
    expect(told).toHaveLength(2);
    expect(told.at(-1)).toBe("2 of 2 ready");
  });

  test("a node that gives up ends it at once, with its words and its last lines", async () => {
    const failing = await nodes(
      { name: "a", log: ["dialling", `${failedPrefix}timed out after 60 s waiting for control`] },
      { name: "b", log: [] },
    );
    await expect(waitReady(failing)).rejects.toMatchObject({
      name: "NodeFailed",
      where: "a",
      what: "timed out after 60 s waiting for control\n  | dialling",
    });
  });

  test("control that rejects the policy is told as such", async () => {
    const words = 'Headscale rejects the policy: Error: host not defined in policy: "box"';
    const rejecting = await nodes(
      { name: "control", log: [`${failedPrefix}${words}`] },
      { name: "laptop", log: [] },
    );
    await expect(waitReady(rejecting)).rejects.toMatchObject({
      name: "PolicyRejected",
      where: "tailnet.policy",
      what: 'Headscale rejects the policy: host not defined in policy: "box"',
    });
  });

  test("a node that ends without a word", async () => {
    const killed = await nodes({ name: "a", running: false, exitCode: 137, log: ["working"] });
    await expect(waitReady(killed)).rejects.toMatchObject({
      name: "NodeFailed",
      what: "it ended (exit code 137)\n  | working",
    });
  });

  test("Headscale that can watch no more files is told with the limit to raise", async () => {
    const words =
      "Error: headscale ran into an error and had to shut down: setting up extrarecord manager: creating watcher: couldn't initialize inotify: too many open files";
    const full = await nodes({ name: "control", running: false, exitCode: 1, log: [words] });
    await expect(waitReady(full)).rejects.toMatchObject({
      name: "NodeFailed",
      remedy: expect.stringContaining("sysctl -w fs.inotify.max_user_instances=1024"),
    });
  });

  test("standing still has a limit, and says what was seen last", async () => {
    const stuck = await nodes({ name: "a", log: [readyLine] }, { name: "b", log: ["step 3"] });
    await expect(waitReady(stuck, { idleMs: 50 })).rejects.toMatchObject({
      name: "WaitTimedOut",
      what: "timed out after 0.05 s in which nothing changed, waiting for b (step 3)",
      remedy: "last seen: a ready",
    });
  });

  test("it can be called off", async () => {
    const stuck = await nodes({ name: "a", log: [] });
    const signal = AbortSignal.timeout(20);
    await expect(waitReady(stuck, { signal })).rejects.toThrow("timeout");
  });
});
