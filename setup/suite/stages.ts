import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { LabError } from "../../lab/errors.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { pinnedImages } from "../../lab/plan/images.ts";
import { plainProgress } from "../../lab/progress.ts";
import { endRun } from "../../scenarios/harness/end-run.ts";
import { reapAfter } from "../../scenarios/harness/reaper.ts";
import { mutations } from "../../scenarios/mutations.ts";
import { type Shard, shardOf, unknownName } from "../../scenarios/selection.ts";
import { ensureEngine } from "../engine.ts";
import { prepareSecondEngine } from "../engines/in-test.ts";
import { ensureKernel, supportedEngine } from "../preflight.ts";
import type { TestOptions } from "./options.ts";
import { type Output, oneFailed, onePassed, type Ran, runCounting, runProgram } from "./outcome.ts";
import type { Stage } from "./run-stages.ts";

const quickStages = ["types", "lint", "unused", "unit"];
const stageNames = [...quickStages, "engine", "scenarios", "second-engine", "mutations"];

/** The names of all scenarios' files. */
function scenarioNames(): string[] {
  const folder = fileURLToPath(new URL("../../scenarios", import.meta.url));
  return readdirSync(folder)
    .flatMap((file) => /^(.*)\.test\.ts$/.exec(file)?.[1] ?? [])
    .sort();
}

/** What is chosen of each kind; a scenario brings its mutations. */
export interface Selection {
  stages: string[];
  scenarios: string[];
  mutations: string[];
}

interface Choice extends Pick<TestOptions, "only" | "shard"> {
  /** Of the mutations, where the whole suite is chosen and runs on one machine; absent: all of them. */
  some?: Shard | undefined;
}

/** @throws LabError UsageInvalid, with the near names, where one is nothing's */
export function select({ only, shard, some }: Choice, known = scenarioNames()): Selection {
  const all = [...stageNames, ...known, ...mutations.map(({ name }) => name)];
  for (const name of only) {
    if (!all.includes(name)) throw unknownName("stage, scenario or mutation", name, all);
  }
  const isAll = only.length === 0;
  const has = (name: string) => isAll || only.includes(name);
  const part = <T>(list: readonly T[]) => (shard === undefined ? [...list] : shardOf(list, shard));
  const scenarios = part(known).filter((name) => has("scenarios") || has(name));
  const areSome = isAll && shard === undefined && some !== undefined;
  const mutants = (areSome ? shardOf(mutations, some) : part(mutations)).filter(
    ({ name, scenario }) => has("mutations") || has(name) || has(scenario),
  );
  const needsSecond = has("second-engine") && (shard === undefined || shard.index === 1);
  const needsEngine = scenarios.length + mutants.length > 0 || needsSecond || has("engine");
  const isFirst = shard === undefined || shard.index === 1;
  return {
    stages: [
      ...quickStages.filter((name) => has(name) && isFirst),
      ...(needsEngine ? ["engine"] : []),
      ...(scenarios.length > 0 ? ["scenarios"] : []),
      ...(scenarios.length > 0 && mutants.length > 0 ? ["warm-labs"] : []),
      ...(needsSecond ? ["second-engine"] : []),
      ...(mutants.length > 0 ? ["mutations"] : []),
      ...(scenarios.length + mutants.length > 0 ? ["end"] : []),
    ],
    scenarios,
    mutations: mutants.map(({ name }) => name),
  };
}

/** The stages that are asked for. `reports` is a folder for the counts of each; `signal` ends what is built beside. */
export function selectStages(options: TestOptions, reports: string, signal: AbortSignal): Stage[] {
  const third = { index: (options.seed % 3) + 1, count: 3 };
  const selection = select({ ...options, some: options.all ? undefined : third });
  const vitest = (project: string, file: string, ...words: string[]) => [
    ...["vitest", "run", "--project", project, ...words, `--sequence.seed=${options.seed}`],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
  ];
  const counting =
    (words: (file: string) => string[], name: string): Stage["run"] =>
    (output, signal) => {
      const file = join(reports, `${name}.json`);
      return runCounting(words(file), file, { output, signal });
    };
  const files = selection.scenarios.map((name) => `scenarios/${name}.test.ts`);
  const stages: Stage[] = [
    quick("types", "types (tsc)", ["tsc", "-p", "."]),
    quick("lint", "lint and format (biome)", ["biome", "check", "--error-on-warnings", "."]),
    quick("unused", "unused code (knip)", ["knip", "--cache"]),
    {
      name: "unit",
      title: "unit tests",
      isQuick: true,
      run: counting((file) => vitest("unit", file), "unit"),
    },
    {
      name: "engine",
      title: "engine and images",
      isQuick: false,
      isRequired: true,
      run: prepareEngine,
    },
    {
      name: "scenarios",
      title: `scenarios, seed ${options.seed}`,
      isQuick: false,
      run: counting((file) => vitest("scenarios*", file, ...files), "scenarios"),
    },
    {
      // Most of them serve no mutant, and all of them take processor time.
      name: "warm-labs",
      title: "nothing but warm labs is left of the scenarios",
      isQuick: false,
      run: removeLabs,
    },
    ...(selection.stages.includes("second-engine") ? [secondEngine(signal)] : []),
    {
      name: "mutations",
      title: `mutations: each scenario notices what it is for, ${selection.mutations.length} of ${mutations.length}`,
      isQuick: false,
      run: counting(
        (file) => [
          ...["node", "scenarios/mutate.ts", ...selection.mutations],
          ...["--seed", String(options.seed), "--report", file],
        ],
        "mutations",
      ),
    },
    { name: "end", title: "nothing is left behind", isQuick: false, isLast: true, run: removeLabs },
  ];
  return stages.filter(({ name }) => selection.stages.includes(name));
}

function quick(name: string, title: string, words: string[]): Stage {
  return {
    name,
    title,
    isQuick: true,
    run: (output, signal) => runProgram(words, { output, signal }),
  };
}

/** It is built beside the stages before. */
function secondEngine(signal: AbortSignal): Stage {
  const { title, check } = prepareSecondEngine(signal);
  return {
    name: "second-engine",
    title,
    isQuick: false,
    run: async () => ({ outcome: await check() }),
  };
}

async function prepareEngine(_output: Output, signal: AbortSignal): Promise<Ran> {
  try {
    await ensureEngine(plainProgress());
    const engine = await connectEngine();
    const facts = await supportedEngine(engine);
    await ensureImages(pinnedImages, plainProgress(), signal);
    await ensureKernel(engine, facts, imageRef({ program: "base" }), plainProgress());
  } catch (error) {
    if (!signal.aborted && !(error instanceof LabError)) throw error;
    console.error(String(error));
    return { outcome: oneFailed };
  }
  // Scenarios and mutations share their labs.
  const run = `suite-${randomUUID().slice(0, 8)}`;
  process.env.TAILNET_LAB_RUN = run;
  reapAfter({ run });
  return { outcome: onePassed };
}

async function removeLabs(_output: Output, { aborted }: AbortSignal): Promise<Ran> {
  const run = process.env.TAILNET_LAB_RUN;
  if (run === undefined) return { outcome: onePassed };
  try {
    // What was interrupted has left its labs.
    if (aborted) await cleanAll(await connectEngine(), { run });
    else await endRun(await connectEngine(), run);
    return { outcome: onePassed };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { outcome: oneFailed };
  }
}
