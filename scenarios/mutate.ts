/**
 * `npm run mutate [NAME…]`: breaks a lab in each way the table knows and runs the test that must
 * notice. A mutant that survives, or whose test fails for another reason, is a defect: exit code 1.
 */
import { writeFile } from "node:fs/promises";
import os from "node:os";
import { Command } from "commander";
import { connectEngine } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { ensureImages } from "../lab/images/ensure.ts";
import { pinnedImages } from "../lab/plan/images.ts";
import { plainProgress } from "../lab/progress.ts";
import { endRun } from "./harness/end-run.ts";
import { reapAfter } from "./harness/reaper.ts";
import { run, sharedRun } from "./harness/run.ts";
import { Lane, survival } from "./mutations/lane.ts";
import type { Mutation } from "./mutations/mutation.ts";
import { Schedule } from "./mutations/schedule.ts";
import { mutations } from "./mutations.ts";
import { parseShard, type Shard, shardOf, unknownName } from "./selection.ts";

/** Mutants at once: a lab takes a core while it starts, and most of the time it waits. */
const usualLanes = 2 * os.availableParallelism();

/** @returns how many survived, or failed otherwise. */
async function work(schedule: Schedule, report: (line: string) => void): Promise<number> {
  let failed = 0;
  await using lane = await Lane.open();
  for (;;) {
    using next = schedule.next();
    if (next === undefined) return failed;
    const { mutation } = next;
    const since = performance.now();
    const fault = await lane.run(mutation);
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    const what = `${mutation.name} (${mutation.scenario}: ${mutation.test}) ${seconds} s`;
    if (fault === undefined) {
      report(`killed    ${what}`);
    } else {
      failed += 1;
      const word = fault === survival ? "SURVIVED" : "FAILED  ";
      report(`${word}  ${what}\n${fault}`.replaceAll("\n", "\n          "));
    }
  }
}

function chosen(names: readonly string[], shard: Shard | undefined): readonly Mutation[] {
  const known = mutations.map(({ name }) => name);
  for (const name of names) if (!known.includes(name)) throw unknownName("mutation", name, known);
  const named = mutations.filter(({ name }) => names.length === 0 || names.includes(name));
  return shard === undefined ? named : shardOf(named, shard);
}

async function main(): Promise<number> {
  const program = new Command("npm run mutate --")
    .description("Breaks a lab in each way the table knows; the test that must notice has to fail.")
    .argument("[mutation...]", "names of mutations; all where none is given")
    .option("--shard <i/n>", "the i-th of n parts", parseShard)
    .option("--seed <number>", "the order", Number, Date.now() % 1_000_000)
    .option("--at-once <number>", "how many at once", Number, usualLanes)
    .option("--report <file>", "write {passed, failed} as JSON");
  program.parse();
  const { shard, seed, atOnce, report } = program.opts<{
    shard?: Shard;
    seed: number;
    atOnce: number;
    report?: string;
  }>();
  const all = chosen(program.args, shard);
  const engine = await connectEngine();
  process.env.TAILNET_LAB_RUN = run;
  if (sharedRun === undefined) {
    reapAfter({ run });
    await ensureImages(pinnedImages, plainProgress());
  }
  // The labs go by the reaper, as soon as this process has ended.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  const schedule = new Schedule(all, seed);
  console.log(`${all.length} mutants in an order of seed ${seed}`);
  const count = Math.min(atOnce, all.length);
  try {
    const failures = await Promise.all(
      Array.from({ length: count }, () => work(schedule, console.log)),
    );
    const failed = failures.reduce((sum, each) => sum + each, 0);
    console.log(`${all.length - failed} of ${all.length} mutants killed, each for its own reason`);
    if (report !== undefined) {
      await writeFile(report, JSON.stringify({ passed: all.length - failed, failed }));
    }
    return failed === 0 ? 0 : 1;
  } finally {
    if (sharedRun === undefined) await endRun(engine, run);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
