/**
 * `npm run doctor:score`: asks the doctor in labs with one cause, with two, and with none, and writes how often it was right to
 * docs/doctor-score.md and .json.
 */
import { Command } from "commander";
import PQueue from "p-queue";
import { LabError } from "../lab/errors.ts";
import type { Case } from "./cases/case.ts";
import { findCase } from "./cases/find-case.ts";
import { cases } from "./cases/index.ts";
import { startLab } from "./harness/scenario-lab.ts";
import { healthyWorks } from "./score/healthy.ts";
import { lookAtOne, lookAtPair, type Scored } from "./score/look.ts";
import {
  readRecord,
  recordText,
  type ScoreRecord,
  withLooks,
  writeRecord,
} from "./score/record.ts";
import { variantsOf } from "./score/variants.ts";
import type { Work } from "./score/work.ts";

interface Options {
  variants: number;
  pairs: number;
  healthy: number;
  minutes: number;
  seed: number;
  atOnce: number;
  case: string[];
  keep: boolean;
}

/** How many looks one lab serves: labs of one topology start at once where there are many. */
const looksOfALab = 20;

async function main(): Promise<void> {
  const program = new Command("npm run doctor:score --")
    .description("Scores the doctor, and writes docs/doctor-score.md and .json.")
    .option("--variants <number>", "of each case at most", Number, 3)
    .option("--pairs <number>", "of causes at once", Number, 20)
    .option("--healthy <number>", "times that each healthy lab is looked at", Number, 1)
    .option("--minutes <number>", "begin no look later", Number, 120)
    .option("--seed <number>", "which pairs, and the order", Number, 1)
    .option("--at-once <number>", "labs at once", Number, 2)
    .option("--case <name...>", "these alone; nothing is written, but with --keep", [])
    .option("--keep", "keep what is recorded of what is not looked at again", false);
  program.parse();
  const options = program.opts<Options>();
  const until = performance.now() + options.minutes * 60_000;
  const works = options.case.length > 0 ? await onesOf(options) : await allOf(options);
  const queue = new PQueue({ concurrency: options.atOnce });
  const scored = await Promise.all(
    series(works).map((own) => queue.add(() => scoreAll(own, until))),
  );
  const all = scored.flat();
  const day = new Date().toISOString().slice(0, 10);
  const record: ScoreRecord = options.keep
    ? withLooks(await readRecord(), all, day)
    : { schema: 1, days: [day, day], scored: all };
  console.log(recordText(record));
  if (options.keep || options.case.length === 0) await writeRecord(record);
}

async function allOf(options: Options): Promise<Work[]> {
  const pairs = pairsOf(options).map(async ([one, other]): Promise<Work> => {
    const [as] = await variantsOf(one);
    if (as === undefined) throw new Error(`${one.name} has no variant`);
    return { loaded: as.loaded, look: (lab) => lookAtPair(lab.running, one, other) };
  });
  const all = [...(await onesOf(options)), ...(await Promise.all(pairs))];
  return [...(await healthyWorks(options.healthy)), ...mixed(all, options.seed)];
}

async function onesOf({ variants, case: only }: Options): Promise<Work[]> {
  const chosen = only.length === 0 ? cases : await Promise.all(only.map(findCase));
  const all = await Promise.all(chosen.map(variantsOf));
  return all
    .flatMap((own) => own.slice(0, variants))
    .map(({ theCase, name, loaded }) => ({
      loaded,
      look: (lab) => lookAtOne(lab.running, theCase, name),
    }));
}

/** Of one topology each. */
function series(works: readonly Work[]): Work[][] {
  const labs = Map.groupBy(works, ({ loaded: { topology, policyText } }) =>
    JSON.stringify([topology, policyText]),
  );
  return [...labs.values()].flatMap((own) =>
    Array.from({ length: Math.ceil(own.length / looksOfALab) }, (_, index) =>
      own.slice(index * looksOfALab, (index + 1) * looksOfALab),
    ),
  );
}

/** One after the other, in a lab that is made anew where a look left it broken. */
async function scoreAll(works: readonly Work[], until: number): Promise<Scored[]> {
  const [first] = works;
  if (first === undefined || performance.now() > until) return [];
  const scored: Scored[] = [];
  let lab = await startLab(first.loaded);
  try {
    for (const { look } of works) {
      if (performance.now() > until) break;
      try {
        const one = await look(lab);
        scored.push(one);
        console.log(JSON.stringify(one));
      } catch (error) {
        if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
        console.log(`a new lab, as this one was left broken: ${error.message}`);
        await lab[Symbol.asyncDispose]();
        lab = await startLab(first.loaded);
      }
    }
  } finally {
    await lab[Symbol.asyncDispose]();
  }
  return scored;
}

/** Of different causes in one topology, that need nothing set up before, none of them a change by hand. */
function pairsOf({ pairs, seed }: Options): [Case, Case][] {
  const fit = cases.filter(({ topology, faults, changes, setup }) => {
    const isAlone = changes === undefined && setup === undefined;
    return topology instanceof URL && faults.length > 0 && isAlone;
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

try {
  await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
