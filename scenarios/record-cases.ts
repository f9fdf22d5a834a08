/**
 * `npm run docs:record [-- NAME…]`: runs cases, records what a person would see in them, and writes docs/troubleshooting/ anew. What
 * differs in nothing but addresses and moments is left as it is.
 */
import { connectEngine } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import type { Case } from "./cases/case.ts";
import { caseLab, endCases } from "./cases/case-lab.ts";
import { isSameRecording, recorder } from "./cases/examination.ts";
import { findCase } from "./cases/find-case.ts";
import { cases } from "./cases/index.ts";
import { readRecording, writeRecording } from "./cases/recording.ts";
import { runCase, whatIsWrong } from "./cases/run-case.ts";
import { writePages } from "./handbook/pages.ts";

const names = process.argv.slice(2);
const chosen = names.length === 0 ? cases : await Promise.all(names.map(findCase));
try {
  for (const theCase of chosen) {
    const done = await record(theCase).catch((error: unknown) => {
      // What is wrong with one lab leaves the others.
      if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
      process.exitCode = 1;
      return error.message;
    });
    console.log(`${theCase.name}: ${done}`);
  }
  await writePages();
} finally {
  await endCases(await connectEngine());
}

async function record(theCase: Case): Promise<string> {
  const examination = recorder(theCase);
  await using lab = await caseLab(theCase, "docs:record");
  const wrong = whatIsWrong(theCase, await runCase(lab.running, theCase, { examination }));
  if (wrong !== undefined) {
    process.exitCode = 1;
    return `not recorded\n${wrong}`;
  }
  const recording = examination.recording();
  const before = await readRecording(theCase.name);
  if (before !== undefined && isSameRecording(before, recording)) return "as it was";
  await writeRecording(theCase.name, recording);
  return "recorded";
}
