import type { Finding } from "../../lab/doctor/finding.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Case } from "./case.ts";

/** What of a finding a case is judged by. */
export type Named = Pick<Finding, "code" | "node" | "what">;

export async function diagnoseCase(
  _lab: RunningLab,
  _theCase: Case,
  _signal: AbortSignal | undefined,
): Promise<readonly Named[]> {
  return [];
}
