import { Command, CommanderError } from "commander";
import { LabError } from "../../lab/errors.ts";
import { parseShard, type Shard } from "../../scenarios/selection.ts";

/** What of the suite is to run, and in which order. */
export interface TestOptions {
  /** Names of stages, scenarios and mutations; empty: all. */
  only: readonly string[];
  /** Of the scenarios and of the mutations, one part; the checks without an engine go with the first. */
  shard: Shard | undefined;
  /** Every mutation, also where the whole suite runs on one machine: else the seed chooses a third of them. */
  all: boolean;
  /** Of the order of files, tests and mutations. */
  seed: number;
}

/** Shows the help and ends where it is asked for. @throws LabError UsageInvalid */
export function parseTestOptions(argv: readonly string[]): TestOptions {
  const program = new Command("npm test --")
    .description("Runs the suite, or a part of it; sets up what it needs.")
    .option("--only <name...>", "stages, scenarios, mutations")
    .option("--shard <i/n>", "the i-th of n parts, for as many machines", parseShard)
    .option("--all", "every mutation, and not the third that the seed chooses")
    .option("--seed <number>", "the order of files, tests and mutations", Number)
    .addHelpText(
      "after",
      `
Stages, in their order; the first four are \`npm run check\`:
  types        tsc
  lint         biome
  unused       knip
  unit         unit tests, no Docker Engine
  engine       Docker Engine, images, kernel
  scenarios    labs with real packets
  mutations    each test of a scenario fails where its lab is broken: a third of them, by the seed

Examples:
  npm test -- --only unit scenarios
  npm test -- --only dns exit-node         two scenarios, and the mutations of both
  npm test -- --only deny-policy-open      one mutation
  npm test -- --all                        with every mutation
  npm test -- --shard 1/2                  half of all; --shard 2/2 on another machine
  npm test -- --seed 4711                  in the order of a run that failed`,
    )
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) process.exit(0);
    throw new LabError("UsageInvalid", error.message.replace(/^error: /, ""), {
      where: "npm test",
      remedy: "see npm test -- --help",
    });
  }
  const { only = [], shard, all = false, seed } = program.opts<Partial<TestOptions>>();
  return { only, shard, all, seed: seed ?? Date.now() % 1_000_000 };
}
