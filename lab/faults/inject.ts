import { LabError } from "../errors.ts";
import type { RunningLab } from "../running/running-lab.ts";
import { conflicting, conflictText } from "../topology/fault-conflicts.ts";
import type { Fault, FaultDeclaration } from "../topology/faults.ts";
import { injectStep } from "./apply.ts";
import { clearRecord } from "./clear.ts";
import { checkedFault } from "./declared-fault.ts";
import { faultKind } from "./kinds.ts";
import { lockFaults } from "./lock.ts";
import { onMachines } from "./on-machines.ts";
import { type FaultRecord, nextId, readFaults, sameFault } from "./record.ts";
import type { FaultStep } from "./step.ts";
import type { Origin, StoredStep } from "./store.ts";

export interface InjectOptions {
  /** Whether a topology declares it. */
  origin?: Origin;
  signal?: AbortSignal | undefined;
}

/** What an injection came to. */
export type Injected =
  | { state: "injected"; record: FaultRecord }
  /** The same fault was there. */
  | { state: "there"; record: FaultRecord }
  /** It leaves nothing behind. */
  | { state: "over"; fault: Fault };

/**
 * Injects a fault and notes it on the machines that it changes. One that is there already is left as it is. What fails
 * on the way is undone.
 * @throws LabError `UsageInvalid` with every issue, `LabLocked`; as the kind's steps, `NodeFailed`
 */
export async function inject(
  lab: RunningLab,
  declaration: FaultDeclaration,
  { origin = "command", signal }: InjectOptions = {},
): Promise<Injected> {
  const fault = checkedFault([...lab.nodes.map(({ spec }) => spec), ...lab.gone], declaration);
  const kind = faultKind(fault.kind);
  await using _ = await lockFaults(lab, `injects ${fault.kind}`, signal);
  if ("act" in kind) {
    await kind.act(lab, fault);
    return { state: "over", fault };
  }
  const records = await readFaults(lab);
  const same = sameFault(records, fault);
  if (same?.isWhole === true) return { state: "there", record: same };
  refuseConflict(records, fault);
  const steps = await kind.steps(lab, fault);
  // What a restart has left of it makes way for all of it.
  if (same !== undefined) await clearRecord(lab, same);
  const record = newRecord(fault, steps, nextId(records), origin);
  try {
    await onMachines(record.steps, (step) => injectStep(lab, step));
  } catch (error) {
    await clearRecord(lab, record);
    throw error;
  }
  return { state: "injected", record };
}

function refuseConflict(records: readonly FaultRecord[], fault: Fault): void {
  const other = conflicting(
    records.map((record) => record.fault),
    fault,
  );
  if (other === undefined || !("node" in fault)) return;
  const id = sameFault(records, other)?.id;
  throw new LabError("UsageInvalid", conflictText(fault.node, other), {
    where: "node",
    remedy: `clear ${other.kind} first: tailnet-lab fault clear ${id}`,
  });
}

function newRecord(
  fault: Fault,
  steps: readonly FaultStep[],
  id: string,
  origin: Origin,
): FaultRecord {
  const at = new Date().toISOString();
  const common = { fault, id, at, origin, count: steps.length };
  const stored = steps.map((step, index): StoredStep => ({ ...common, index, step }));
  const nodes = [...new Set(steps.map(({ node }) => node))].sort();
  return { fault, id, at, origin, steps: stored, nodes, isWhole: true };
}
