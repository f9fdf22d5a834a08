import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { evidenceLines, type PlannedLab } from "../../scenarios/harness/evidence.ts";
import { evidenceLeaver } from "../../scenarios/harness/leave-evidence.ts";

/** What a test that failed by these errors says then, where its lab can't be looked at. */
async function messagesOf(...errors: { name: string; message: string }[]): Promise<string[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-leave-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  vi.stubEnv("TAILNET_LAB_ARTIFACTS", folder);
  vi.stubEnv("TAILNET_LAB_EVIDENCE", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const lab = { plan: {}, running: { nodes: [] } } as unknown as PlannedLab;
  const result: { state: string; errors: { name: string; message: string }[] } = {
    state: "run",
    errors: [],
  };
  const task = { name: "x", fullTestName: "x", file: { name: "a.test.ts" }, result };
  const context = { task, annotate: async () => {} };
  const leave = evidenceLeaver(context as unknown as Parameters<typeof evidenceLeaver>[0], lab);
  result.errors.push(...errors);
  await leave();
  return result.errors.map(({ message }) => message.replaceAll(folder, "ARTIFACTS"));
}

test("a failure's message has the folder, and why the doctor could not look", async () => {
  expect(await messagesOf({ name: "Error", message: "an error" })).toEqual([
    expect.stringMatching(/^an error\nevidence: ARTIFACTS\/a\/x\ndoctor: could not look: /),
  ]);
});

test("a matcher that was called wrongly has nothing to add", async () => {
  expect(await messagesOf({ name: "UsageInvalid", message: "wrong" })).toEqual(["wrong"]);
});

test("that nothing was found is not told", () => {
  expect(evidenceLines("here", "nothing found")).toBe("\nevidence: here");
  expect(evidenceLines("here", "nothing found; not looked at: control: `x`: y")).toBe(
    "\nevidence: here\ndoctor: nothing found; not looked at: control: `x`: y",
  );
});
