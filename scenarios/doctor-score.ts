/**
 * `npm run doctor:score`: asks the doctor in labs with one cause, with two, and with none, and writes how often it was right to
 * docs/doctor-score.md and .json.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { LabError } from "../lab/errors.ts";
import type { LoadedTopology } from "../lab/topology/load.ts";
import type { Case } from "./cases/case.ts";
import { loadedOf } from "./cases/case-lab.ts";
import { cases } from "./cases/index.ts";
import { startLab } from "./harness/scenario-lab.ts";
import { lookAtHealthy, lookAtOne, lookAtPair, type Scored } from "./score/look.ts";
import { scoreText } from "./score/report.ts";
import { type Variant, variantsOf, withOtherNats } from "./score/variants.ts";

interface Options {
  variants: number;
  pairs: number;
  minutes: number;
  seed: number;
}

type Work = (lab: Awaited<ReturnType<typeof startLab>>) => Promise<Scored>;

const questions: Case["question"][] = [
  undefined,
  { from: "laptop", to: "server:80" },
  { from: "laptop", to: "printer:9100" },
  { from: "phone", to: "server:80" },
  { from: "workstation", to: "server:80" },
  { from: "laptop", to: "phone:7" },
];

async function main(): Promise<void> {
  const program = new Command("npm run doctor:score --")
    .description("Scores the doctor, and writes docs/doctor-score.md and .json.")
    .option("--variants <number>", "of each case at most", Number, 3)
    .option("--pairs <number>", "of causes at once", Number, 20)
    .option("--minutes <number>", "begin no look later", Number, 120)
    .option("--seed <number>", "which pairs, and the order", Number, 1);
  program.parse();
  const options = program.opts<Options>();
  const until = performance.now() + options.minutes * 60_000;
  const [some] = cases.filter(({ topology }) => topology instanceof URL);
  if (some === undefined) throw new Error("no case is of the default lab");
  const loaded = await loadedOf(some);
  const chosen = cases
    .filter(({ topology }) => topology instanceof URL)
    .flatMap((each) => variantsOf(each).slice(0, options.variants));
  const own = chosen.filter(({ hasOtherNats }) => !hasOtherNats);
  const others = chosen.filter(({ hasOtherNats }) => hasOtherNats);
  const healthy = questions.map(
    (question): Work =>
      (lab) =>
        lookAtHealthy(lab.running, question),
  );
  const pairs = pairsOf(options).map(
    ([one, other]): Work =>
      (lab) =>
        lookAtPair(lab.running, one, other),
  );
  const ones = (variants: readonly Variant[]) =>
    variants.map(
      ({ theCase, name }): Work =>
        (lab) =>
          lookAtOne(lab.running, theCase, name),
    );
  const natLab = { ...loaded, topology: withOtherNats(loaded.topology) };
  const scored = await Promise.all([
    series(loaded, [...healthy, ...mixed([...ones(own), ...pairs], options.seed)], until),
    series(natLab, [...healthy, ...mixed(ones(others), options.seed)], until),
  ]);
  await write(scored.flat());
}

/** One after the other, in a lab that is made anew where a look left it broken. */
async function series(
  loaded: LoadedTopology,
  all: readonly Work[],
  until: number,
): Promise<Scored[]> {
  const scored: Scored[] = [];
  let lab = await startLab(loaded);
  try {
    for (const work of all) {
      if (performance.now() > until) break;
      try {
        const one = await work(lab);
        scored.push(one);
        console.log(JSON.stringify(one));
      } catch (error) {
        if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
        console.log(`a new lab, as this one was left broken: ${error.message}`);
        await lab[Symbol.asyncDispose]();
        lab = await startLab(loaded);
      }
    }
  } finally {
    await lab[Symbol.asyncDispose]();
  }
  return scored;
}

/** Of different causes that need nothing set up before, none of them in a debug setting or a change by hand. */
function pairsOf({ pairs, seed }: Options): [Case, Case][] {
  const fit = cases.filter(({ faults, changes, setup }) => {
    return faults.length > 0 && changes === undefined && setup === undefined;
  });
  const all = fit.flatMap((one, index) =>
    fit
      .slice(index + 1)
      .filter((other) => other.finding.code !== one.finding.code && isApart(one, other))
      .map((other): [Case, Case] => [one, other]),
  );
  return mixed(all, seed).slice(0, pairs);
}

/** Two policies, or two faults of one node, would be one trouble and not two. */
function isApart(one: Case, other: Case): boolean {
  const named = ({ faults }: Case) =>
    faults.flatMap((fault) => [
      fault.kind,
      ...Object.values(fault).filter((value) => typeof value === "string"),
    ]);
  return !named(one).some((name) => named(other).includes(name));
}

/** In an order that the seed gives. */
function mixed<T>(all: readonly T[], seed: number): T[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  return all
    .map((each) => ({ each, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ each }) => each);
}

async function write(scored: readonly Scored[]): Promise<void> {
  const docs = fileURLToPath(new URL("../docs/doctor-score", import.meta.url));
  const day = new Date().toISOString().slice(0, 10);
  const text = scoreText(scored, `${scored.length} looks on ${day}`);
  await writeFile(`${docs}.md`, text);
  await writeFile(`${docs}.json`, `${JSON.stringify({ schema: 1, day, scored }, null, 2)}\n`);
  console.log(text);
}

await main();
