import type { RunningLab } from "../running/running-lab.ts";
import type { Fault } from "../topology/faults.ts";
import { clear } from "./clear.ts";
import { inject } from "./inject.ts";
import { type FaultRecord, readFaults, sameFault } from "./record.ts";

/** Injects the faults that a topology declares, in its order; those that are there stay as they are. */
export async function injectDeclared(
  lab: RunningLab,
  declared: readonly Fault[],
  signal?: AbortSignal,
): Promise<void> {
  for (const fault of declared) await inject(lab, fault, { origin: "topology", signal });
}

/**
 * Clears what a topology declared before and does not any more. What was injected by hand stays.
 * @returns the faults that the lab has now
 */
export async function clearUndeclared(
  lab: RunningLab,
  declared: readonly Fault[],
  signal?: AbortSignal,
): Promise<FaultRecord[]> {
  const records = await readFaults(lab);
  const isGone = (record: FaultRecord) =>
    record.origin === "topology" &&
    !declared.some((fault) => sameFault([record], fault) !== undefined);
  const gone = records.filter(isGone).map(({ id }) => id);
  if (gone.length > 0) await clear(lab, gone, signal);
  return records.filter(({ id }) => !gone.includes(id));
}
