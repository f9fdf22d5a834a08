import { resolve } from "node:path";
import { LabError } from "../lab/errors.ts";
import { listLabs, type RunningLab } from "../lab/running/running-lab.ts";
import { labelPattern, labelRule } from "../lab/topology/label.ts";
import type { Case } from "../scenarios/cases/case.ts";
import { loadedOf } from "../scenarios/cases/case-lab.ts";
import { bringAbout, setUp } from "../scenarios/cases/causes.ts";
import { findCase } from "../scenarios/cases/find-case.ts";
import { cases } from "../scenarios/cases/index.ts";
import { settle, showAll } from "../scenarios/cases/run-case.ts";
import { bringUp } from "./bring-up.ts";
import { isOneOfSeveral, noteCase } from "./case-state.ts";
import { nextText, reportText, shownText } from "./case-text.ts";
import type { Report, Shared } from "./command.ts";
import { prepareLoaded } from "./prepare.ts";

/** Of a case that is not told. */
const mystery = "case";

/** Brings up a lab with the case's trouble, sees that the symptom is there, and tells what its user reports. */
export async function startCase(
  name: string | undefined,
  labName: string | undefined,
  shared: Shared,
): Promise<Report> {
  const theCase = name === undefined ? anyCase() : await findCase(name);
  const lab = labName ?? (name === undefined ? mystery : theCase.name);
  await refuseUsed(lab);
  const { stack } = await prepareLoaded(await loadedOf(theCase, lab), shared);
  const isFile = name !== undefined && name !== theCase.name;
  const noted = isFile ? resolve(name) : theCase.name;
  const { lab: running } = await bringUp(stack, shared);
  await noteCase(lab, noted, false);
  const shown = await shared.progress.step("Make the trouble, and see that it shows", () =>
    makeTrouble(running, theCase, shared.signal),
  );
  await noteCase(lab, noted, true);
  const isThere = shown.every(({ isRight }) => isRight);
  return {
    json: {
      schema: 1,
      lab,
      report: theCase.report,
      question: theCase.question ?? null,
      symptoms: shown,
    },
    text: isThere
      ? `${reportText(theCase)}\n\n${nextText(lab, await isOneOfSeveral())}`
      : `The symptom does not show:\n${shownText(shown)}`,
    exitCode: isThere ? 0 : 1,
  };
}

async function makeTrouble(running: RunningLab, theCase: Case, signal: AbortSignal) {
  // It stays: nothing takes it back but `down`.
  await setUp(running, theCase);
  await settle(running, theCase, signal);
  await bringAbout(running, theCase, signal);
  return showAll(running, theCase, "broken", { signal });
}

function anyCase(): Case {
  const chosen = cases[Math.floor(Math.random() * cases.length)];
  if (chosen === undefined) throw new Error("there are no cases");
  return chosen;
}

async function refuseUsed(lab: string): Promise<void> {
  if (!labelPattern.test(lab)) {
    throw new LabError("UsageInvalid", `${JSON.stringify(lab)} is no lab's name`, {
      where: "--name",
      remedy: labelRule,
    });
  }
  const labs = await listLabs().catch((error: unknown) => {
    // There will be an engine when the lab is brought up.
    if (error instanceof LabError && error.name === "EngineMissing") return [];
    throw error;
  });
  if (!labs.some(({ name, run }) => name === lab && run === "stack")) return;
  throw new LabError("UsageInvalid", `a lab ${lab} runs already`, {
    where: lab,
    remedy: `take it down: \`tailnet-lab down ${lab}\`, or start the case as another: --name NAME`,
  });
}
