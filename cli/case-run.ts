import PQueue from "p-queue";
import { connectEngine } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { Case } from "../scenarios/cases/case.ts";
import { caseLab, endCases } from "../scenarios/cases/case-lab.ts";
import { examinationOf } from "../scenarios/cases/examination.ts";
import { findCase } from "../scenarios/cases/find-case.ts";
import { cases } from "../scenarios/cases/index.ts";
import { runCase, type Stage } from "../scenarios/cases/run-case.ts";
import { ensureEngine } from "../setup/engine.ts";
import { ensureKernel, supportedEngine } from "../setup/preflight.ts";
import { mark, stageText } from "./case-text.ts";
import type { Report, Shared } from "./command.ts";

interface Ran {
  theCase: Case;
  stages: Stage[];
  isRight: boolean;
  seconds: number;
  /** Where it could not be run to its end, or did not give its lab back as it was. */
  error: string | undefined;
}

/** Runs cases, those of the same topology one after the other on the same labs, which are gone at the end. */
export async function runCases(
  names: readonly string[],
  { all = false, atOnce }: { all?: boolean; atOnce: number },
  shared: Shared,
  isJson: boolean,
): Promise<Report> {
  const chosen = all ? cases : await Promise.all(names.map(findCase));
  if (chosen.length === 0) {
    throw new LabError("UsageInvalid", "no case is named", {
      where: "case run",
      remedy: "name cases, or write --all",
    });
  }
  const { progress, signal } = shared;
  await ensureEngine(progress);
  const engine = await connectEngine();
  const facts = await supportedEngine(engine);
  await ensureKernel(engine, facts, imageRef({ program: "base" }), progress);
  const queue = new PQueue({ concurrency: atOnce });
  try {
    const ran = await Promise.all(
      chosen.map((theCase) =>
        queue.add(async () => {
          const one = await runOne(theCase, signal);
          if (!isJson) progress.tell?.(shortText(one));
          return one;
        }),
      ),
    );
    return report(ran);
  } finally {
    await endCases(engine);
  }
}

async function runOne(theCase: Case, signal: AbortSignal): Promise<Ran> {
  const since = performance.now();
  signal.throwIfAborted();
  const stages: Stage[] = [];
  let error: string | undefined;
  try {
    await using lab = await caseLab(theCase, theCase.name);
    const examination = await examinationOf(theCase);
    await runCase(lab.running, theCase, {
      signal,
      onStage: (stage) => stages.push(stage),
      examination,
    });
  } catch (cause) {
    // What is wrong with one lab leaves the others.
    if (!(cause instanceof LabError) || cause.name === "EngineLost") throw cause;
    error = cause.message;
  }
  const isRight = error === undefined && stages.every((each) => each.isRight);
  const seconds = (performance.now() - since) / 1000;
  return { theCase, stages, isRight, seconds, error };
}

/** In one line, with the stages that failed. */
function shortText({ theCase, stages, isRight, error }: Ran): string {
  const wrong = stages.filter((stage) => !stage.isRight).map(({ stage }) => stage);
  const all = [...wrong, ...(error === undefined ? [] : ["error"])].join(", ");
  return `${mark(isRight)} ${theCase.name}${all === "" ? "" : `: ${all}`}`;
}

function report(ran: readonly Ran[]): Report {
  const failed = ran.filter(({ isRight }) => !isRight);
  const text = ran.map(({ theCase, stages, isRight, seconds, error }) =>
    [
      `${mark(isRight)} ${theCase.name} (${seconds.toFixed(1)} s)`,
      ...stages.map(stageText),
      ...(error === undefined ? [] : [`  ${mark(false)} ${error}`]),
    ].join("\n"),
  );
  return {
    json: {
      schema: 1,
      cases: ran.map(({ theCase, ...rest }) => ({ name: theCase.name, ...rest })),
    },
    text: `${text.join("\n")}\n${ran.length - failed.length} passed, ${failed.length} failed`,
    exitCode: failed.length === 0 ? 0 : 1,
  };
}
