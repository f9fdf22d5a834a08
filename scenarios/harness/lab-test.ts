import path from "node:path";
import { test, vi } from "vitest";
import { writeArtifacts } from "./artifacts.ts";
import { type LabSource, ScenarioLab } from "./scenario-lab.ts";

/**
 * Vitest's `test` with a fixture `lab`: started once for the file, at its first test, and gone
 * after its last. A failed test leaves its evidence in a folder and prints the path.
 */
export function labTest(source: LabSource) {
  // The first test starts the lab, and a path takes its seconds to change: Vitest's own five are
  // for unit tests. A test may set its own.
  vi.setConfig({ testTimeout: 240_000 });
  // Vitest asks a failed fixture again for each test: a lab that does not start fails them all at once.
  let start: Promise<ScenarioLab> | undefined;
  return (
    test
      // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's dependencies off its first parameter
      .extend("lab", { scope: "file" }, async ({}, { onCleanup }) => {
        start ??= ScenarioLab.start(source);
        const lab = await start;
        onCleanup(() => lab[Symbol.asyncDispose]());
        return lab;
      })
      .extend("evidence", { auto: true }, async ({ lab, task, onTestFailed }) => {
        onTestFailed(async () => {
          const file = path.basename(task.file.name, ".test.ts");
          const folder = await writeArtifacts(lab.plan, lab.running, file, task.name);
          console.error(`artifacts of "${task.name}": ${folder}`);
        });
      })
  );
}
