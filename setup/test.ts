/**
 * `npm test`: cheap checks first, then what needs Docker Engine. Goes on to the end, reports all
 * failures, and ends with `N passed, N failed`.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { connectEngine } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { ensureImages } from "../lab/images/ensure.ts";
import { imageRef } from "../lab/images/recipes.ts";
import { pinnedImages } from "../lab/plan/images.ts";
import { plainProgress } from "../lab/progress.ts";
import { ensureEngine } from "./engine.ts";
import { ensureKernel, supportedEngine } from "./preflight.ts";

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

const onePassed: Outcome = { passed: 1, failed: 0, skipped: 0 };
const oneFailed: Outcome = { passed: 0, failed: 1, skipped: 0 };

const reports = await mkdtemp(join(tmpdir(), "tailnet-lab-test-"));
try {
  const outcomes: [string, Outcome][] = [];
  const check = async (title: string, work: () => Promise<Outcome>): Promise<void> => {
    outcomes.push([title, await timed(title, work)]);
  };
  await check("types (tsc)", () => command(["tsc", "-p", "."]));
  await check("lint and format (biome)", () =>
    command(["biome", "check", "--error-on-warnings", "."]),
  );
  await check("unused code (knip)", () => command(["knip"]));
  await check("unit tests", () => vitest("unit"));
  await check("engine and images", prepareEngine);
  await check("scenarios", () => vitest("scenarios"));
  await check("mutations: each scenario notices what it is for", () =>
    command(["node", "scenarios/mutate.ts"]),
  );
  report(outcomes);
} finally {
  await rm(reports, { recursive: true, force: true });
}

async function timed(title: string, work: () => Promise<Outcome>): Promise<Outcome> {
  const since = Date.now();
  console.log(`\n== ${title}`);
  const outcome = await work();
  const word = outcome.failed > 0 ? "FAILED" : "passed";
  console.log(`== ${title}: ${word} in ${((Date.now() - since) / 1000).toFixed(1)} s`);
  return outcome;
}

/** Runs a program of node_modules; what it says goes to the reader as it comes. */
async function command(words: string[]): Promise<Outcome> {
  const { exitCode } = await $({ stdio: "inherit", nothrow: true, preferLocal: true })`${words}`;
  return exitCode === 0 ? onePassed : oneFailed;
}

async function vitest(project: string): Promise<Outcome> {
  const file = join(reports, `${project}.json`);
  const ran = await command([
    ...["vitest", "run", "--project", project],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
  ]);
  const outcome = await readFile(file, "utf8").then(counts, () => oneFailed);
  // A file that can't be loaded has no tests to fail, but it fails the run.
  return ran.failed > 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
}

function counts(json: string): Outcome {
  const report = JSON.parse(json);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

async function prepareEngine(): Promise<Outcome> {
  try {
    await ensureEngine(plainProgress());
    const engine = await connectEngine();
    const facts = await supportedEngine(engine);
    await ensureImages(pinnedImages, plainProgress());
    await ensureKernel(engine, facts, imageRef({ program: "base" }), plainProgress());
    return onePassed;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    console.error(`${error.name}: ${error.message}`);
    return oneFailed;
  }
}

function report(outcomes: [string, Outcome][]): void {
  const sum = (key: keyof Outcome) => outcomes.reduce((total, [, one]) => total + one[key], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  console.log("");
  for (const [title, outcome] of outcomes) {
    if (outcome.failed > 0) console.log(`FAILED: ${title}`);
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = failed > 0 ? 1 : 0;
}
