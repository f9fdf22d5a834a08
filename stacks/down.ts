import { access } from "node:fs/promises";
import { join } from "node:path";
import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine } from "../lab/engine/engine.ts";
import { releaseIsolation } from "../lab/engine/host-firewall.ts";
import { LabError } from "../lab/errors.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { Progress } from "../lab/progress.ts";
import { findOnEngine, isEmpty, refuseElsewhere, stackRun } from "./orphans.ts";
import { forgetLab, idsInState, labState, lockLab, terraformDirectory } from "./state.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";
import { lockTimeout, openTerraform, parallelism } from "./terraform.ts";
import { Tally } from "./up.ts";

export interface DownOptions {
  lab: string;
  /** The directory that holds `.tailnet-lab/`. */
  base: string;
  terraform: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Destroys a lab with all that it keeps, and its state. Needs no topology.
 * @returns the names of what was removed, as `StackResult` has them; what was not in the state goes by
 *   the engine's name.
 * @throws LabError `LabNotFound`, `LabLocked`, `LabElsewhere`, and as Terraform's `run`.
 */
export async function downStack(options: DownOptions): Promise<{ removed: string[] }> {
  const { lab, progress, signal } = options;
  const state = labState(options.base, lab);
  await using _lock = await lockLab(lab, "tailnet-lab down");
  const engine = await connectEngine();
  const found = await findOnEngine(engine, lab);
  await refuseElsewhere(found, state);
  if (isEmpty(found) && !(await exists(state.directory))) {
    throw new LabError("LabNotFound", `no lab ${lab} was brought up from here`, {
      where: state.directory,
      remedy: "`tailnet-lab clean` removes everything of ours from this engine",
    });
  }
  return await progress.step(`Take down lab ${lab}`, async (detail) => {
    const tally = new Tally(detail);
    const cwd = terraformDirectory(state);
    const known = await idsInState(state);
    if (known.size > 0 && (await exists(join(cwd, "cdk.tf.json")))) {
      await using temporary = await openTemporaryDirectory(state);
      await using terraform = await openTerraform(engine, options.terraform, temporary);
      await terraform.run(
        ["destroy", "-json", "-input=false", "-auto-approve", parallelism, lockTimeout],
        { cwd, signal, onEvent: (event) => tally.add(event) },
      );
    }
    const left = await cleanAll(engine, { lab, run: stackRun });
    await releaseIsolation(engine, imageRef({ program: "base" }));
    await forgetLab(state);
    return {
      removed: [...tally.result().removed, ...left.containers, ...left.networks, ...left.volumes],
    };
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
