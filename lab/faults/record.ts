import { isDeepStrictEqual } from "node:util";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import type { Fault } from "../topology/faults.ts";
import { machineState } from "./machine.ts";
import { byOrder, type FoundStep, type Origin, readSteps, type StoredStep } from "./store.ts";

/** One fault that a lab has. */
export interface FaultRecord {
  id: string;
  /** When it was injected, RFC 3339. */
  at: string;
  origin: Origin;
  fault: Fault;
  /** What is in force of it, by machine. */
  steps: StoredStep[];
  /** The machines that it changes. */
  nodes: string[];
  /** Whether all of it is in force: a restart may have cured a part, and a machine that was replaced has none of it. */
  isWhole: boolean;
}

/** Every fault that a lab has, the oldest first: its machines know them. */
export async function readFaults(lab: RunningLab): Promise<FaultRecord[]> {
  const steps = await Promise.all(lab.nodes.map(stepsInForce));
  return recordsOf(steps.flat());
}

/** Without the states of a machine that runs again: who started it cured them. */
async function stepsInForce(node: RunningNode): Promise<FoundStep[]> {
  const steps = await readSteps(node);
  const isState = ({ step }: FoundStep) => step.kind === "state";
  if (!steps.some(isState) || (await machineState(node)) !== "running") return steps;
  return steps.filter((step) => !isState(step));
}

export function recordsOf(found: readonly FoundStep[]): FaultRecord[] {
  const steps = found.filter(({ isCleared }) => !isCleared).sort(byOrder);
  return [...Map.groupBy(steps, ({ id }) => id).values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { id, at, origin, fault, count } = first;
    const nodes = [...new Set(own.map(({ step }) => step.node))].sort();
    return [{ id, at, origin, fault, steps: own, nodes, isWhole: own.length === count }];
  });
}

export function sameFault(records: readonly FaultRecord[], fault: Fault): FaultRecord | undefined {
  return records.find((record) => isDeepStrictEqual(record.fault, fault));
}

/** Sortable by time, later than all that are there; also the name of a table of rules. */
export function nextId(records: readonly FaultRecord[], now = Date.now()): string {
  const last = records.map(({ id }) => Number.parseInt(id.slice(1), 36));
  return `f${Math.max(now, ...last.map((each) => each + 1)).toString(36)}`;
}
