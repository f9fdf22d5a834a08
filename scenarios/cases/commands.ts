import { LabError } from "../../lab/errors.ts";
import { waitReady } from "../../lab/running/ready.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { setSysctl } from "../../lab/running/sysctl.ts";
import type { Command, Step } from "./case.ts";

/** A command waits for its own program; a login or a restart takes some seconds. */
const limitMs = 90_000;

/**
 * Does what a user would, one step after the other; `onStep` hears of each when it is done. `env` has what earlier steps
 * have printed, and gets what these do. Throws NodeFailed where a command fails.
 */
export async function perform(
  lab: RunningLab,
  steps: readonly Step[],
  {
    signal,
    onStep = () => {},
    env = {},
  }: {
    signal?: AbortSignal | undefined;
    onStep?: (step: Step) => void;
    env?: Record<string, string>;
  } = {},
): Promise<void> {
  for (const step of steps) {
    signal?.throwIfAborted();
    const node = lab.node(step.on);
    if ("power" in step) {
      await (step.power === "on" ? node.start() : node.restart());
      await waitReady([node], { signal });
    } else if ("sysctl" in step) {
      await setSysctl(lab, step.on, step.sysctl, step.value);
    } else {
      const output = await run(lab, step, env, signal);
      if (step.as !== undefined) env[step.as] = output.trim();
    }
    onStep(step);
  }
}

async function run(
  lab: RunningLab,
  { on, run: script }: Command,
  env: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { stdout, stderr, exitCode } = await lab
    .node(on)
    .exec(["sh", "-c", script], { env, timeoutMs: limitMs, signal });
  if (exitCode === 0) return stdout;
  const words = `${stderr.trim()}\n${stdout.trim()}`.trim().split("\n").slice(-5).join("\n");
  throw new LabError("NodeFailed", `\`${script}\` ended with ${exitCode}: ${words}`, { where: on });
}

/** Takes back what leaves something: the last first. */
export async function takeBack(lab: RunningLab, steps: readonly Step[]): Promise<void> {
  for (const step of steps.toReversed()) {
    if (!("run" in step) || step.undo === undefined) continue;
    await run(lab, { on: step.on, run: step.undo }, {}, undefined);
  }
}

/** As it is typed: `on laptop: tailscale set --accept-routes`. */
export function stepText(step: Step): string {
  if ("power" in step) return step.power === "on" ? `switch ${step.on} on` : `restart ${step.on}`;
  if ("sysctl" in step) return `on ${step.on}: sysctl -w ${step.sysctl}=${step.value}`;
  const note = step.as === undefined ? "" : `   # call what it prints ${step.as}`;
  return `on ${step.on}: ${step.run}${note}`;
}
