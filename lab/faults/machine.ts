import { engineCall } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import { waitReady } from "../running/ready.ts";
import type { RunningNode } from "../running/running-node.ts";
import type { StateStep } from "./step.ts";

export type MachineState = "running" | StateStep["state"];

/** What a machine is now, whatever it was when the lab was looked up. */
export async function machineState(node: RunningNode): Promise<"running" | "stopped" | "paused"> {
  const { State } = await engineCall(node.container.inspect());
  if (State.Paused) return "paused";
  return State.Running ? "running" : "stopped";
}

/** Brings a machine into a state; resolves when one that is to run is ready. One that is in it already is left alone. */
export async function setMachineState(node: RunningNode, to: MachineState): Promise<void> {
  const now = await machineState(node);
  if (now === to || (now === "stopped" && to === "killed")) return;
  if (now === "paused") await engineCall(node.container.unpause());
  if (now === "stopped") {
    await node.start();
    await waitReady([node]);
  }
  if (to === "stopped") await node.stop();
  if (to === "killed") await node.kill();
  if (to === "paused") await engineCall(node.container.pause());
}

/** Restarts a machine that runs; resolves when it is ready. Throws NodeFailed for one that does not run. */
export async function restartMachine(node: RunningNode): Promise<void> {
  const state = await machineState(node);
  if (state !== "running") {
    throw new LabError("NodeFailed", `it is ${state}, so it can't restart`, {
      where: node.name,
      remedy: "clear the fault that holds it: `tailnet-lab fault list`",
    });
  }
  await node.restart();
  await waitReady([node]);
}
