import { expect, test, vi } from "vitest";
import { type LabOptions, labFor } from "./lab-for.ts";
import { evidenceLeaver } from "./leave-evidence.ts";
import type { LabSource, ScenarioLab } from "./scenario-lab.ts";

/**
 * Vitest's `test` with a fixture `lab`: there for the file from its first test on, and gone after its last,
 * unless it is reused. A test gives the lab back as it got it: at the file's end it is compared, where others
 * use it after. A failed test leaves its evidence in a folder, and its message ends with the first cause.
 */
export function labTest(source: LabSource, options: LabOptions = {}) {
  // The first test starts the lab, and a path takes its seconds to change: Vitest's own five are
  // for unit tests. A test may set its own.
  vi.setConfig({ testTimeout: 240_000 });
  // Vitest asks a failed fixture again for each test: a lab that does not start fails them all at once.
  let start: Promise<ScenarioLab> | undefined;
  return (
    test
      // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's dependencies off its first parameter
      .extend("lab", { scope: "file" }, async ({}, { onCleanup }) => {
        start ??= labFor(source, expect.getState().testPath ?? "a test", options);
        const lab = await start;
        onCleanup(() => lab[Symbol.asyncDispose]());
        return lab;
      })
      .extend(
        "evidence",
        { auto: true },
        async ({ lab, task, annotate, onTestFailed }, { onCleanup }) => {
          const leave = evidenceLeaver({ task, annotate }, lab);
          // Before the test undoes what it changed.
          onCleanup(leave);
          // Where that fails.
          onTestFailed(leave, 60_000);
        },
      )
  );
}
