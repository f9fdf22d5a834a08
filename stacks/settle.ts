import type { Engine } from "../lab/engine/engine.ts";
import { acquireLock } from "../lab/engine/lock.ts";
import { untilQuiet } from "../lab/engine/quiet.ts";
import type { Progress } from "../lab/progress.ts";
import { endLeftTerraform } from "./left-terraform.ts";
import { dockerPrefix, findOnEngine } from "./orphans.ts";
import { isUnfinished, type LabState, labState } from "./state.ts";
import { removeTemporaryDirectories } from "./temporary-directory.ts";

/**
 * Lets the work of a command that was killed come to its end: its Terraform, what it asked of the
 * engine, its temporary directory. The lab must be locked: so no other command is at work.
 * @throws LabError `WaitTimedOut`, `EngineLost`; the signal's reason.
 */
export async function settle(
  engine: Engine,
  state: LabState,
  { progress, signal }: { progress: Progress; signal?: AbortSignal | undefined },
): Promise<void> {
  await endLeftTerraform(state);
  await removeTemporaryDirectories(state);
  if (!(await isUnfinished(state))) return;
  await progress.step(
    "Wait until the engine has done what an interrupted command asked of it",
    () => untilQuiet(engine, dockerPrefix(state.lab), { signal }),
  );
}

/**
 * The same for whoever removes a lab without its state: where that is, the engine knows. Where another
 * command is at work on the lab, that one is left alone.
 */
export async function settleOnEngine(
  engine: Engine,
  lab: string,
  options: { base: string; progress: Progress; signal?: AbortSignal | undefined },
): Promise<void> {
  const answer = await acquireLock(`lab/${lab}`, "tailnet-lab clean");
  if ("holder" in answer) return;
  await using _lock = answer.lock;
  const { origin } = await findOnEngine(engine, lab);
  const own = labState(options.base, lab);
  await settle(engine, { lab, directory: origin ?? own.directory }, options);
}
