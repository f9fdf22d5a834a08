import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isOneOfSeveral, noteCase, startedCase } from "../../cli/case-state.ts";

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "case-state-"));
  vi.spyOn(process, "cwd").mockReturnValue(project);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(project, { recursive: true });
});

async function note(lab: string, name: string, isMade: boolean): Promise<void> {
  await mkdir(join(project, ".tailnet-lab", lab), { recursive: true });
  await noteCase(lab, name, isMade);
}

test("of a start that was interrupted nothing is said but how to start again", async () => {
  await note("broken", "key-expired", false);
  await expect(startedCase(undefined)).rejects.toMatchObject({
    name: "UsageInvalid",
    what: "the start of this case was interrupted",
    where: "broken",
    remedy: "take it down: `tailnet-lab down broken`, and start the case again",
  });
});

test("a started case is found beside one whose start was interrupted", async () => {
  await note("broken", "key-expired", false);
  await note("mine", "one-way", false);
  await note("mine", "key-expired", true);
  await expect(startedCase(undefined)).resolves.toMatchObject({
    lab: "mine",
    theCase: { name: "key-expired" },
  });
  expect(await isOneOfSeveral()).toBe(false);
});

test("without any the directory is named", async () => {
  await expect(startedCase(undefined)).rejects.toMatchObject({
    what: "no case was started from this directory",
    where: project,
  });
});
