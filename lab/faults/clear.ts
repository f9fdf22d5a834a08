import type { RunningLab } from "../running/running-lab.ts";
import { clearStep } from "./apply.ts";
import { noSuchFault } from "./declared-fault.ts";
import { lockFaults } from "./lock.ts";
import { onMachines } from "./on-machines.ts";
import { type FaultRecord, readFaults } from "./record.ts";
import type { StoredStep } from "./store.ts";

/**
 * Clears the faults of these ids, the last first, or all; in whichever order they are cleared, the lab is as it was when
 * the last is. @returns those that were cleared
 * @throws LabError `UsageInvalid` where there is no fault of an id, `LabLocked`, `NodeFailed`
 */
export async function clear(
  lab: RunningLab,
  which: readonly string[] | "all",
  signal?: AbortSignal,
): Promise<FaultRecord[]> {
  await using _ = await lockFaults(lab, "clears faults", signal);
  const records = await readFaults(lab);
  const ids = records.map(({ id }) => id);
  const unknown = which === "all" ? undefined : which.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw noSuchFault(unknown, ids);
  const chosen = records.filter(({ id }) => which === "all" || which.includes(id)).reverse();
  for (const record of chosen) await clearRecord(lab, record);
  return chosen;
}

/** Clears a fault if it is there still. */
export async function clearIfThere(lab: RunningLab, id: string): Promise<void> {
  await using _ = await lockFaults(lab, "clears a fault");
  const record = (await readFaults(lab)).find((each) => each.id === id);
  if (record !== undefined) await clearRecord(lab, record);
}

/** The caller has the lock. All of it is tried; the first failure is thrown. */
export async function clearRecord(lab: RunningLab, { steps }: FaultRecord): Promise<void> {
  const isLast = ({ step }: StoredStep) => step.kind === "script" && step.clearsLast === true;
  const clearing = (some: readonly StoredStep[]) =>
    onMachines(some.toReversed(), (step) => clearStep(lab, step));
  try {
    await clearing(steps.filter((step) => !isLast(step)));
  } finally {
    await clearing(steps.filter(isLast));
  }
}
