/**
 * `npm test`: cheap checks first, then what needs Docker Engine. Goes on to the end, reports all
 * failures, and ends with `N passed, N failed`. Ctrl-C stops what runs, and removes its labs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "../lab/errors.ts";
import { abortOnInterrupt, interruptedCode } from "../lab/interrupt.ts";
import { parseTestOptions } from "./suite/options.ts";
import { runStages } from "./suite/run-stages.ts";
import { selectStages } from "./suite/stages.ts";

try {
  const options = parseTestOptions(process.argv.slice(2));
  const reports = await mkdtemp(join(tmpdir(), "tailnet-lab-test-"));
  try {
    const signal = abortOnInterrupt();
    const code = await runStages(selectStages(options, reports, signal), signal);
    process.exitCode = signal.aborted ? interruptedCode : code;
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
