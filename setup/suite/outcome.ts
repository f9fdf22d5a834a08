import { readFile } from "node:fs/promises";
import { $ } from "zx";

/** How many checks of a stage passed, failed, were skipped. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

export const onePassed: Outcome = { passed: 1, failed: 0, skipped: 0 };
export const oneFailed: Outcome = { passed: 0, failed: 1, skipped: 0 };

/** What a stage printed, and how it ended. */
export interface Ran {
  outcome: Outcome;
  /** Where it was not shown as it came. */
  output?: string;
}

/** Whether a program's output is shown as it comes, or held back while others run beside it. */
export type Output = "shown" | "held";

export interface RunOptions {
  output: Output;
  /** Its abort tells the program, and all that it started, to end. */
  signal: AbortSignal;
  /** Beside this process's own. */
  env?: Record<string, string>;
}

/** Runs a program of node_modules as one check. */
export async function runProgram(words: readonly string[], options: RunOptions): Promise<Ran> {
  const { output, signal } = options;
  const stdio: ["ignore", "inherit" | "pipe", "inherit" | "pipe"] =
    output === "shown" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"];
  const env = { ...process.env, ...options.env };
  // In a process group of its own, so that one signal reaches all of it.
  const detached = { detached: true, nothrow: true, preferLocal: true, quiet: true };
  const run = $({ stdio, env, ...detached })`${words}`;
  const end = () => {
    try {
      if (run.pid !== undefined) process.kill(-run.pid, "SIGTERM");
    } catch {
      // It has just ended.
    }
  };
  signal.addEventListener("abort", end, { once: true });
  const { exitCode, stdall } = await run;
  signal.removeEventListener("abort", end);
  return { outcome: exitCode === 0 ? onePassed : oneFailed, output: stdall };
}

/** The same, of a program that counts its checks itself, in a file of JSON. */
export async function runCounting(
  words: readonly string[],
  file: string,
  options: RunOptions,
): Promise<Ran> {
  const ran = await runProgram(words, options);
  const outcome = await readFile(file, "utf8").then(counts, () => oneFailed);
  // A file that can't be loaded has no tests to fail, but it fails the run.
  const missed = ran.outcome.failed > 0 && outcome.failed === 0;
  return { ...ran, outcome: missed ? { ...outcome, failed: 1 } : outcome };
}

/** Of Vitest's JSON report, or of an Outcome. */
function counts(json: string): Outcome {
  const report = JSON.parse(json);
  if ("passed" in report) return { skipped: 0, ...report };
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
