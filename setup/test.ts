/**
 * `npm test`: cheap checks first, then what needs Docker Engine. Goes on to the end, reports all
 * failures, and ends with `N passed, N failed`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "../lab/errors.ts";
import { parseTestOptions } from "./suite/options.ts";
import { runStages } from "./suite/run-stages.ts";
import { selectStages } from "./suite/stages.ts";

try {
  const options = parseTestOptions(process.argv.slice(2));
  const reports = await mkdtemp(join(tmpdir(), "tailnet-lab-test-"));
  try {
    const stages = selectStages(options, reports);
    process.exitCode = await runStages(stages);
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
