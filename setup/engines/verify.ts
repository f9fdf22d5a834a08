/**
 * `npm run verify:engines [-- --only TEXT] [FILE…] [-t TEST]`: the scenarios on each Docker Engine that the
 * lab is for, with each image store and firewall backend, one after the other. Exit code 0 where all pass,
 * 1 where one fails, 2 where an engine can't be had. `--hold` starts one engine without images and keeps it
 * until Ctrl-C, to try the lab on it by hand.
 */
import { parseArgs } from "node:util";
import { connectEngine } from "../../lab/engine/engine.ts";
import { LabError } from "../../lab/errors.ts";
import { abortOnInterrupt, interruptedCode } from "../../lab/interrupt.ts";
import { plainProgress, secondsSince } from "../../lab/progress.ts";
import type { Outcome } from "../suite/outcome.ts";
import { type Combination, combinations, current } from "./combinations.ts";
import { copyImages } from "./copy-images.ts";
import { type BuiltPrograms, startOwnEngine } from "./own-engine.ts";
import { ensureEnginePackages, whyNoOwnEngine } from "./packages.ts";
import { dockerd, ensureEnginePart, runc } from "./programs.ts";
import { runScenarios } from "./run-scenarios.ts";

const progress = plainProgress();

interface Row {
  name: string;
  seconds: string;
  outcome: Outcome | { error: string };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: "string", default: "" },
      t: { type: "string", short: "t" },
      hold: { type: "boolean", default: false },
    },
  });
  const all = await combinations();
  const chosen = all.filter(({ name }) => name.includes(values.only));
  if (chosen.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new LabError("UsageInvalid", `no combination has ${values.only} in its name`, {
      remedy: `they are: ${names}`,
    });
  }
  const why = await whyNoOwnEngine();
  if (why !== undefined) throw new LabError("EngineMissing", why);
  await ensureEnginePackages(progress);
  const built = {
    docker: await ensureEnginePart(dockerd, progress),
    runc: await ensureEnginePart(runc, progress),
  };
  if (values.hold) return await hold(chosen, built);
  const words = [...positionals, ...(values.t === undefined ? [] : ["-t", values.t])];
  const rows: Row[] = [];
  for (const combination of chosen) {
    rows.push(await verify(combination, built, words));
    if (interrupt.aborted) return interruptedCode;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log("");
  for (const { name, seconds, outcome } of rows) {
    console.log(`${name.padEnd(width)}  ${seconds.padStart(8)}  ${told(outcome)}`);
  }
  const isGood = ({ outcome }: Row) => !("error" in outcome) && outcome.failed === 0;
  return rows.every(isGood) ? 0 : 1;
}

async function hold([combination]: Combination[], built: BuiltPrograms): Promise<number> {
  await using own = await startOwnEngine({ ...(combination ?? current), built });
  console.log(`export DOCKER_HOST=${own.address}   # ${combination?.name}; Ctrl-C ends it`);
  // Something that keeps the process alive: the engine does not.
  const alive = setInterval(() => {}, 60_000);
  await new Promise((resolve) => interrupt.addEventListener("abort", resolve));
  clearInterval(alive);
  return 0;
}

async function verify(
  combination: Combination,
  built: BuiltPrograms,
  words: readonly string[],
): Promise<Row> {
  const { name } = combination;
  console.log(`\n== Docker Engine ${name}`);
  const since = performance.now();
  const row = (outcome: Row["outcome"]) => ({ name, seconds: secondsSince(since), outcome });
  try {
    await using own = await startOwnEngine({ ...combination, built });
    await copyImages(own.engine);
    return row(await runScenarios(own, combination, words, interrupt));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    console.error(error.message);
    return row({ error: error.what });
  }
}

function told(outcome: Row["outcome"]): string {
  if ("error" in outcome) return `FAILED: ${outcome.error}`;
  const { passed, failed, skipped } = outcome;
  const counts = [`${passed} passed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])];
  return failed > 0 ? `FAILED: ${failed} failed, ${counts.join(", ")}` : counts.join(", ");
}

const interrupt = abortOnInterrupt();
try {
  await connectEngine();
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
