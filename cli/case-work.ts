import { diagnosisText } from "../lab/doctor/text.ts";
import type { Progress } from "../lab/progress.ts";
import type { RunningLab } from "../lab/running/running-lab.ts";
import type { Case } from "../scenarios/cases/case.ts";
import { perform, stepText } from "../scenarios/cases/commands.ts";
import { diagnoseCase } from "../scenarios/cases/diagnosis.ts";
import { showAll } from "../scenarios/cases/run-case.ts";
import { startedCase } from "./case-state.ts";
import { remedyText, shownText } from "./case-text.ts";
import type { Report } from "./command.ts";
import { exitCodeOf } from "./diagnosis.ts";
import { findLab } from "./which-lab.ts";

/** What a repair takes to act: a client looks for a better path all over again. */
const repairMs = 20_000;

interface Work {
  signal: AbortSignal;
  progress: Progress;
}

/** Whether the user's own repair works: by what is the case now, however it came about. */
export async function checkStarted(option: string | undefined, work: Work): Promise<Report> {
  const { lab, theCase } = await startedCase(option);
  return checked(await findLab({ lab }), theCase, work);
}

export async function repairStarted(option: string | undefined, work: Work): Promise<Report> {
  const { lab: name, theCase } = await startedCase(option);
  const lab = await findLab({ lab: name });
  await work.progress.step("Repair it", (detail) =>
    perform(lab, theCase.remedy, {
      signal: work.signal,
      onStep: (step) => detail(stepText(step)),
    }),
  );
  const { json, text, ...rest } = await checked(lab, theCase, work);
  const { remedy } = theCase;
  return { ...rest, json: { ...json, remedy }, text: `${remedyText(remedy)}\n\n${text}` };
}

async function checked(
  lab: RunningLab,
  theCase: Case,
  { signal, progress }: Work,
): Promise<Report> {
  const shown = await progress.step("Try what did not work", () =>
    showAll(lab, theCase, "repaired", { limitMs: repairMs, signal }),
  );
  const isRepaired = shown.every(({ isRight }) => isRight);
  const verdict = isRepaired ? "It is repaired." : "It is not repaired yet.";
  return {
    json: { schema: 1, lab: lab.name, repaired: isRepaired, attempts: shown },
    text: `${shownText(shown)}\n${verdict}`,
    exitCode: isRepaired ? 0 : 1,
  };
}

/** Asks the doctor what the case's user would. */
export async function diagnoseStarted(
  option: string | undefined,
  { signal, progress }: Work,
): Promise<Report> {
  const { lab: name, theCase } = await startedCase(option);
  const lab = await findLab({ lab: name });
  const diagnosis = await progress.step(`Look at lab ${name}`, () =>
    diagnoseCase(lab, theCase, signal),
  );
  return {
    json: { schema: 1, lab: name, ...diagnosis, question: diagnosis.question ?? null },
    text: diagnosisText(diagnosis, { all: false }),
    exitCode: exitCodeOf(diagnosis),
  };
}
