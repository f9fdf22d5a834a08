/**
 * `npm run scenarios [-- OPTIONS]`: scenarios alone, all of them or some, once or again after each edit. What is
 * no option here goes to Vitest.
 */
import { Command } from "commander";
import { $ } from "zx";
import { LabError } from "../lab/errors.ts";
import { plainProgress } from "../lab/progress.ts";
import { parseShard, type Shard } from "../scenarios/selection.ts";
import { ensureEngine } from "./engine.ts";
import { select } from "./suite/stages.ts";

interface Options {
  only?: string[];
  shard?: Shard;
  seed?: string;
  watch?: boolean;
}

const program = new Command("npm run scenarios --")
  .description("Runs scenarios on real labs.")
  .argument("[vitest...]", "for Vitest: files, -t NAME, --reporter …")
  .option("--only <name...>", "scenarios, by name: dns exit-node")
  .option("--shard <i/n>", "the i-th of n parts", parseShard)
  .option("--seed <number>", "the order of files and tests")
  .option("--watch", "run again what an edit touches; labs stay warm until `tailnet-lab clean`")
  .allowUnknownOption()
  .parse();
const { only, shard, seed, watch = false } = program.opts<Options>();

try {
  const { scenarios } = select({ only: only ?? ["scenarios"], shard });
  await ensureEngine(plainProgress());
  const isPart = only !== undefined || shard !== undefined;
  const words = [
    ...["vitest", watch ? "watch" : "run", "--project", "scenarios*"],
    ...(isPart ? scenarios.map((name) => `scenarios/${name}.test.ts`) : []),
    ...(seed === undefined ? [] : [`--sequence.seed=${seed}`]),
    ...program.args,
  ];
  const env = watch ? { TAILNET_LAB_REUSE: "1", ...process.env } : process.env;
  const run = $({ stdio: "inherit", nothrow: true, preferLocal: true, quiet: true, env });
  process.exitCode = (await run`${words}`).exitCode ?? 130;
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
