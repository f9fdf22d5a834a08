import { LabError } from "../errors.ts";
import { RunningLab } from "../running/running-lab.ts";
import { type FaultRecord, readFaults } from "./record.ts";

/** The machines that these faults hold stopped or paused. */
export function heldStill(records: readonly FaultRecord[]): string[] {
  return records.flatMap(({ steps }) =>
    steps.flatMap(({ step }) => (step.kind === "state" ? [step.node] : [])),
  );
}

/** Of a stack's lab by its name; none where no such lab runs. */
export async function faultsIn(name: string): Promise<FaultRecord[]> {
  try {
    return await readFaults(await RunningLab.find(name, { run: "stack" }));
  } catch (error) {
    if (error instanceof LabError && error.name === "LabNotFound") return [];
    throw error;
  }
}
