/**
 * Runs one of the project's programs when a Docker Engine answers, which it may have to install:
 * `node setup/run.mjs setup/with-engine.ts scenarios/bench.ts 4 12`.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { LabError } from "../lab/errors.ts";
import { plainProgress } from "../lab/progress.ts";
import { ensureEngine } from "./engine.ts";

try {
  await ensureEngine(plainProgress());
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exit(2);
}
const program = path.resolve(process.argv[2] ?? "");
process.argv.splice(1, 2, program);
await import(pathToFileURL(program).href);
