import { engineCall } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import { setSysctl } from "../running/sysctl.ts";
import { type MachineState, machineState, setMachineState } from "./machine.ts";
import { catchUpScript, injectScript, runner, undoScript, valueScript } from "./scripts.ts";
import type { FaultStep, ScriptStep, SettingStep, StateStep } from "./step.ts";
import {
  baseFile,
  type FoundStep,
  putStep,
  readSteps,
  recordText,
  type StoredStep,
  stepDirectory,
  stepFile,
} from "./store.ts";

/** Injects one step into its machine, and notes it there; first the note, so that nothing is injected that nobody knows. */
export async function injectStep(lab: RunningLab, stored: StoredStep): Promise<void> {
  const { step } = stored;
  const node = lab.node(step.node);
  const record = recordText(stored);
  if (step.kind === "state") {
    await forgetCured(node);
    await putStep(node, stored, { record });
    await moveTo(node, step.state);
    return;
  }
  const files = {
    record,
    inject: injectScript(stored, step),
    ...(step.atBoot === "again" ? { again: "" } : {}),
    ...(step.kind === "setting" ? { value: valueScript(step), base: baseFile(step.setting) } : {}),
  };
  if ((await machineState(node)) === "running") {
    await catchUp(node);
    await putStep(node, stored, files);
    // Not by its file's name: where it fails, who reads so finds the file gone.
    await setPrinted(lab, step, await node.output([...runner, "-c", files.inject]));
  } else if (sysctlOf(step) !== undefined) {
    throw new LabError("NodeFailed", "it does not run, so its sysctls can't be set", {
      where: node.name,
      remedy: "let it go on: clear the fault that stops it, or `tailnet-lab up`",
    });
  } else {
    await putStep(node, stored, { ...files, pending: "" });
  }
}

/** Undoes one step on its machine, whose other steps stay in force. */
export async function clearStep(lab: RunningLab, stored: StoredStep): Promise<void> {
  const { step } = stored;
  const node = lab.node(step.node);
  if (step.kind === "state") {
    await putStep(node, stored, { undo: "" });
    await moveTo(node, lastState(await readSteps(node)));
    return;
  }
  const state = await machineState(node);
  const isSysctl = sysctlOf(step) !== undefined;
  if (state === "stopped" || (state === "paused" && !isSysctl)) {
    // Of a restarted container the sysctls are its own again.
    await putStep(node, stored, { undo: isSysctl ? "" : undoScript(stored, step) });
    return;
  }
  // What is set from beside can't wait until the machine goes on by itself: it goes on for this moment.
  if (state === "paused") await engineCall(node.container.unpause());
  try {
    await catchUp(node);
    const directory = stepDirectory(stored);
    if (step.kind === "setting") await node.output(["touch", `${directory}/${stepFile.undo}`]);
    await setPrinted(lab, step, await node.output([...runner, "-c", undoScript(stored, step)]));
    await node.output(["rm", "-rf", directory]);
  } finally {
    if (state === "paused") await engineCall(node.container.pause());
  }
}

/** Sets a sysctl to the value that the step's shell has printed. */
async function setPrinted(
  lab: RunningLab,
  step: ScriptStep | SettingStep,
  printed: string,
): Promise<void> {
  const key = sysctlOf(step);
  if (key !== undefined && printed.trim() !== "")
    await setSysctl(lab, step.node, key, printed.trim());
}

function sysctlOf(step: ScriptStep | SettingStep): string | undefined {
  return step.kind === "setting" && typeof step.write !== "string" ? step.write.sysctl : undefined;
}

/** Does on a running machine what was asked while it stood still. */
async function catchUp(node: RunningNode): Promise<void> {
  const steps = await readSteps(node);
  if (steps.some(({ isCleared, isPending }) => isCleared || isPending)) {
    await node.output([...runner, "-c", catchUpScript]);
  }
}

/** Notes of states of a machine that runs all the same: who let it go on cured them, and they must not come back. */
async function forgetCured(node: RunningNode): Promise<void> {
  if ((await machineState(node)) !== "running") return;
  for (const step of (await readSteps(node)).filter(isState)) {
    await node.output(["rm", "-rf", stepDirectory(step)]);
  }
}

/** Brings a machine into a state. Its start takes the notes of states off it, of which some may be in force. */
async function moveTo(node: RunningNode, state: MachineState): Promise<void> {
  const before = (await readSteps(node)).filter(isState);
  await setMachineState(node, state);
  const after = new Set((await readSteps(node)).map(stepDirectory));
  for (const step of before) {
    if (step.isCleared || after.has(stepDirectory(step))) continue;
    await putStep(node, step, { record: recordText(step) });
  }
  if (state === "running") await catchUp(node);
}

/** What the last fault in force makes of the machine. */
function lastState(steps: readonly FoundStep[]): MachineState {
  const last = steps.findLast((step) => isState(step) && !step.isCleared)?.step as
    | StateStep
    | undefined;
  return last?.state ?? "running";
}

function isState({ step }: { step: FaultStep }): boolean {
  return step.kind === "state";
}
