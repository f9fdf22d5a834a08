/**
 * `npm run soak:suite [-- RUNS] [--busy]`: the whole suite again and again, each time in another order,
 * and with --busy every second time beside a load on each core. Prints a table; exit code 1 where a run failed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { execa } from "execa";

interface Run {
  number: number;
  seed: number;
  isBusy: boolean;
  seconds: number;
  /** The suite's last line: `N passed, N failed`. */
  counts: string;
  hasPassed: boolean;
  /** Tests and mutants that failed. */
  failures: string[];
  log: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const program = new Command("npm run soak:suite --")
  .description("Runs the whole suite again and again, in random orders.")
  .argument("[runs]", "how often", Number, 10)
  .option("--busy", "every second run beside a niced load on each core")
  .option("--only <name...>", "as of npm test")
  .parse();
const runs = Number(program.processedArgs[0]);
const { busy = false, only = [] } = program.opts<{ busy?: boolean; only?: string[] }>();
const logs = join(root, "artifacts", "soak-suite");
await mkdir(logs, { recursive: true });

const results: Run[] = [];
for (let number = 1; number <= runs; number++) {
  const result = await runSuite(number, busy && number % 2 === 0);
  results.push(result);
  console.log(row(result));
  for (const failure of result.failures) console.log(`     ${failure}`);
}
console.log(`\n run  seed    load  seconds  result`);
for (const result of results) console.log(row(result));
const failed = results.filter(({ hasPassed }) => !hasPassed);
console.log(`${results.length - failed.length} of ${results.length} runs passed`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function runSuite(number: number, isBusy: boolean): Promise<Run> {
  const seed = Math.floor(Math.random() * 1_000_000);
  const load = isBusy ? startLoad() : [];
  const since = performance.now();
  try {
    const selection = only.length > 0 ? ["--only", ...only] : [];
    const { all, exitCode } = await execa({ cwd: root, reject: false, all: true })(
      process.execPath,
      ["setup/run.mjs", "setup/test.ts", "--seed", String(seed), ...selection],
    );
    const lines = all.trimEnd().split("\n");
    const log = join(logs, `${number}.log`);
    await writeFile(log, `${all}\n`);
    return {
      number,
      seed,
      isBusy,
      seconds: (performance.now() - since) / 1000,
      counts: lines.at(-1) ?? "",
      hasPassed: exitCode === 0,
      failures: lines.filter((line) => /^\s*(SURVIVED|FAILED: | FAIL )/.test(line)),
      log,
    };
  } finally {
    for (const each of load) each.kill("SIGKILL");
  }
}

/** One process for each core that does nothing but count. */
function startLoad(): ChildProcess[] {
  return Array.from({ length: availableParallelism() }, () =>
    spawn("nice", ["-n", "5", process.execPath, "-e", "for (;;);"], { stdio: "ignore" }),
  );
}

function row({ number, seed, isBusy, seconds, counts, log, hasPassed }: Run): string {
  const load = isBusy ? "busy " : "quiet";
  const end = hasPassed ? counts : `${counts}  ${log}`;
  return ` ${String(number).padStart(3)}  ${String(seed).padStart(6)}  ${load} ${seconds.toFixed(0).padStart(7)}  ${end}`;
}
