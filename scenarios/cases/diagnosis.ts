import { type Diagnosis, diagnose } from "../../lab/doctor/diagnose.ts";
import type { Finding } from "../../lab/doctor/finding.ts";
import { liveSource } from "../../lab/evidence/live.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import type { Question } from "../../lab/evidence/question.ts";
import { splitTarget } from "../../lab/observe/target.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Case } from "./case.ts";

/** What of a finding a case is judged by. */
export type Named = Pick<Finding, "code" | "node" | "what">;

/** Asks the doctor what the case's user would, where he may look. */
export async function diagnoseCase(
  lab: RunningLab,
  theCase: Pick<Case, "question" | "outOfSight">,
  signal?: AbortSignal,
): Promise<Diagnosis> {
  const question = questionOf(theCase);
  const source = await liveSource(lab);
  const machines = source.machines.filter(({ name }) => !theCase.outOfSight?.includes(name));
  const seen = await lookAtTailnet({ ...source, machines }, { question, signal });
  return diagnose(seen, question);
}

/** As the doctor is asked. */
export function questionOf({ question }: Pick<Case, "question">): Question | undefined {
  if (question === undefined) return undefined;
  const { from, to, name } = question;
  if (to === undefined)
    return { from, protocol: "tcp", ...(name === undefined ? {} : { to: name }) };
  const { host, port } = splitTarget(to);
  return { from, to: host, protocol: "tcp", ...(port === undefined ? {} : { port }) };
}
