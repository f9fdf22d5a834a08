import { setTimeout as pause } from "node:timers/promises";
import { clearIfThere } from "../../lab/faults/clear.ts";
import { inject } from "../../lab/faults/inject.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { FaultDeclaration } from "../../lab/topology/faults.ts";
import { labChanges } from "../harness/mutation.ts";
import type { Case, Command } from "./case.ts";
import { perform, takeBack } from "./commands.ts";

/** Makes what is no trouble yet; disposing of it takes it back. */
export async function setUp(
  lab: RunningLab,
  { setup = [] }: Pick<Case, "setup">,
): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  await changeAll(lab, setup, undo);
  return undo.move();
}

/** Makes the trouble; disposing of it takes the cause away, whatever was repaired meanwhile. */
export async function bringAbout(
  lab: RunningLab,
  { faults, changes = [], agoMs = 0 }: Pick<Case, "faults" | "changes" | "agoMs">,
  signal?: AbortSignal,
): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const injected = labChanges().injected?.(faults) ?? faults;
  for (const fault of injected) await injectOne(lab, fault, undo, signal);
  await changeAll(lab, changes, undo);
  await pause(agoMs, undefined, { signal });
  return undo.move();
}

async function injectOne(
  lab: RunningLab,
  fault: FaultDeclaration,
  undo: AsyncDisposableStack,
  signal: AbortSignal | undefined,
): Promise<void> {
  const injected = await inject(lab, fault, { signal });
  if (injected.state !== "injected") return;
  undo.defer(() => clearIfThere(lab, injected.record.id));
}

async function changeAll(
  lab: RunningLab,
  changes: readonly Command[],
  undo: AsyncDisposableStack,
): Promise<void> {
  const env = {};
  for (const change of changes) {
    await perform(lab, [change], { env });
    undo.defer(() => takeBack(lab, [change]));
  }
}
