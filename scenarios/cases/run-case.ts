import { setTimeout as pause } from "node:timers/promises";
import type { Finding } from "../../lab/doctor/finding.ts";
import { LabError } from "../../lab/errors.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { attempt, describeAttempt, isResult } from "./attempt.ts";
import type { Attempt, Case, Result, Step } from "./case.ts";
import { bringAbout, setUp } from "./causes.ts";
import { perform, takeBack } from "./commands.ts";
import { diagnoseCase, type Named } from "./diagnosis.ts";
import type { Examination, Judged } from "./examination.ts";

/** What a run of a case asserts, in their order. */
export type StageName =
  | "healthy"
  | "symptom"
  | "finding"
  | "evidence"
  | "remedy"
  | "repaired"
  | "evidence-after";

/** One assertion of a run. */
export interface Stage extends Judged {
  stage: StageName;
  seconds: number;
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  onStage?: (stage: Stage) => void;
  /** What a person would look at, beside the doctor. */
  examination?: Examination | undefined;
}

/** What a trouble takes to show, or a repair to act: paths are found anew within half a minute. */
const settleMs = 60_000;
const askAgainMs = 500;

/**
 * Everything that a user goes through, each step asserted: healthy before, the symptom, the doctor's first finding,
 * what a person would see, the remedy, repaired, and what a person would see then. Ends at the first that is wrong. The lab is given back as it was.
 */
export async function runCase(
  lab: RunningLab,
  theCase: Case,
  { signal, onStage = () => {}, examination }: RunOptions = {},
): Promise<Stage[]> {
  const stages: Stage[] = [];
  const assert = async (stage: StageName, work: () => Promise<Judged>) => {
    const since = performance.now();
    const told = await work().catch((error: unknown) => {
      if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
      return { isRight: false, expected: "no error", seen: error.message };
    });
    const done = { stage, ...told, seconds: (performance.now() - since) / 1000 };
    stages.push(done);
    onStage(done);
    return done.isRight;
  };
  await using _setup = await setUp(lab, theCase);
  if (hasCause(theCase)) {
    const isHealthy = await assert("healthy", () =>
      allShow(lab, before(theCase), "repaired", { signal }),
    );
    if (!isHealthy) return stages;
  }
  await using _causes = await bringAbout(lab, theCase, signal);
  const done: Step[] = [];
  try {
    const found: Finding[] = [];
    const steps: [StageName, () => Promise<Judged>][] = [
      ["symptom", () => allShow(lab, theCase, "broken", { signal })],
      [
        "finding",
        async () => {
          const { findings } = await diagnoseCase(lab, theCase, signal);
          found.push(...findings);
          return judged(theCase, findings);
        },
      ],
      [
        "remedy",
        async () => {
          await perform(lab, theCase.remedy, { signal, onStep: (step) => done.push(step) });
          return { isRight: true, expected: "every command succeeds", seen: "they did" };
        },
      ],
      ["repaired", () => allShow(lab, theCase, "repaired", { signal })],
    ];
    for (const [stage, work] of steps) {
      const isRight = await assert(stage, work);
      const [first] = found;
      if (isRight && examination !== undefined && first !== undefined) {
        if (stage === "finding") await assert("evidence", () => examination.broken(lab, first));
        if (stage === "repaired") await assert("evidence-after", () => examination.repaired(lab));
      }
      // A wrong diagnosis does not keep the remedy from being tried.
      if (!isRight && stage !== "finding") break;
    }
  } finally {
    await takeBack(lab, done);
  }
  return stages;
}

/** What is wrong with a run, in words; undefined where nothing is. */
export function whatIsWrong(theCase: Case, stages: readonly Stage[]): string | undefined {
  const wrong = stages.find(({ isRight }) => !isRight);
  if (wrong === undefined) return undefined;
  return `${theCase.name}: ${wrong.stage}\nexpected: ${wrong.expected}\nseen:     ${wrong.seen}`;
}

/** Without what is not there before the trouble. */
export function before({ symptoms }: Case): Pick<Case, "symptoms"> {
  return { symptoms: symptoms.filter(({ appears }) => appears !== true) };
}

/** Sees that what was set up has come to all machines: a trouble that is made before shows for another reason. */
export async function settle(lab: RunningLab, theCase: Case, signal?: AbortSignal): Promise<void> {
  if ((theCase.setup ?? []).length === 0) return;
  await showAll(lab, before(theCase), "repaired", { signal });
}

/** Whether the trouble has a cause beside the topology, so that there is a healthy lab without it. */
function hasCause({ faults, changes = [] }: Case): boolean {
  return faults.length + changes.length > 0;
}

/** How an attempt stands to what it should show. */
export interface Shown {
  attempt: Attempt;
  expected: Result | readonly Result[];
  result: Result;
  detail: string;
  isRight: boolean;
}

/** Makes all attempts of a case, all over again until each shows what it should, or the limit is over. */
export async function showAll(
  lab: RunningLab,
  theCase: Pick<Case, "symptoms">,
  which: "broken" | "repaired",
  { limitMs = settleMs, signal }: { limitMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<Shown[]> {
  const until = performance.now() + limitMs;
  const once = async ({ attempt: what, [which]: expected }: Case["symptoms"][number]) => {
    for (;;) {
      signal?.throwIfAborted();
      const { result, detail } = await attempt(lab, what, signal).catch(notMade);
      const isRight = isResult(result, expected);
      if (isRight || performance.now() > until) {
        return { attempt: what, expected, result, detail, isRight };
      }
      await pause(askAgainMs);
    }
  };
  return Promise.all(theCase.symptoms.map(once));
}

/** An attempt that could not be made at all: the machine does not run, nobody knows its address. */
function notMade(error: unknown): { result: Result; detail: string } {
  if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
  return { result: "not-made", detail: error.message };
}

async function allShow(
  lab: RunningLab,
  theCase: Pick<Case, "symptoms">,
  which: "broken" | "repaired",
  { signal }: { signal: AbortSignal | undefined },
): Promise<Judged> {
  const shown = await showAll(lab, theCase, which, { signal });
  const list = (text: (each: Shown) => string) => shown.map(text).join("; ");
  return {
    isRight: shown.every(({ isRight }) => isRight),
    expected: list(
      ({ attempt: what, expected }) =>
        `${describeAttempt(what)}: ${[expected].flat().join(" or ")}`,
    ),
    seen: list(({ result, detail }) => (detail === "" ? result : `${result} (${detail})`)),
  };
}

/** Whether the doctor's first finding is the case's. */
function judged({ finding: { code, node } }: Case, named: readonly Named[]): Judged {
  const [first] = named;
  return {
    isRight: first?.code === code && (node === undefined || first.node === node),
    expected: node === undefined ? code : `${code} on ${node}`,
    seen: named.map((each) => `${each.code} on ${each.node}: ${each.what}`).join("; ") || "nothing",
  };
}
