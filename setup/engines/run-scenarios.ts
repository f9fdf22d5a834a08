import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { $ } from "zx";
import type { Combination } from "./combinations.ts";
import type { OwnEngine } from "./own-engine.ts";

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
});

/** Runs scenarios on an engine; `words` are files, and options of Vitest's. What it says goes to the reader. */
export async function runScenarios(
  { address }: OwnEngine,
  { name }: Combination,
  words: readonly string[],
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-lab-engines-"));
  try {
    const file = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const artifacts = join("artifacts", "engines", name.replaceAll(" ", "-"));
    const { exitCode } = await $({
      stdio: "inherit",
      nothrow: true,
      preferLocal: true,
      env: { ...process.env, DOCKER_HOST: address, TAILNET_LAB_ARTIFACTS: artifacts },
    })`vitest run --project ${"scenarios*"} ${reporters} ${words}`;
    const report = await readFile(file, "utf8").catch(() => undefined);
    if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
    const counts = reportSchema.parse(JSON.parse(report));
    return {
      passed: counts.numPassedTests,
      // A file that can't be loaded has no tests to fail, but it fails the run.
      failed: exitCode === 0 ? counts.numFailedTests : Math.max(1, counts.numFailedTests),
      skipped: counts.numPendingTests + counts.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
