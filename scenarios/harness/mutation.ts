import type { Plan } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { FaultDeclaration } from "../../lab/topology/faults.ts";
import type { LoadedTopology } from "../../lab/topology/load.ts";

/** Undoes a change of a running lab. */
export type Undo = () => Promise<void>;

/** What a mutation run changes in every lab that a scenario asks for. */
export interface LabChanges {
  /** The declaration or the policy. Such a lab is the scenario's own. */
  declared?(loaded: LoadedTopology): LoadedTopology;
  /** What runs. Such a lab is the scenario's own. */
  planned?(plan: Plan): Plan;
  /** The running lab, for good: such a lab is the scenario's own. */
  started?(lab: RunningLab): Promise<void>;
  /** The faults of a case. */
  injected?(faults: readonly FaultDeclaration[]): readonly FaultDeclaration[];
  /** The running lab, until it is undone: it may be one that others use before and after. */
  applied?(lab: RunningLab): Promise<Undo>;
}

let changes: LabChanges = {};

/** From now on every lab of this process is changed so. Only the setup file of a mutation run calls it. */
export function changeLabs(next: LabChanges): void {
  changes = next;
}

/** What is to be changed; empty in every other run. */
export function labChanges(): LabChanges {
  return changes;
}
