import { connectEngine } from "../lab/engine/engine.ts";
import { ensureImages } from "../lab/images/ensure.ts";
import { imageRef } from "../lab/images/recipes.ts";
import { draftOptions, planLab } from "../lab/plan/plan-lab.ts";
import { judgePolicy } from "../lab/running/policy.ts";
import { type LoadedTopology, loadTopology } from "../lab/topology/load.ts";
import { ensureEngine } from "../setup/engine.ts";
import { ensureKernel, ensureTun } from "../setup/kernel.ts";
import { ensureTerraform } from "../setup/terraform.ts";
import type { StackOptions } from "../stacks/up.ts";
import type { Shared } from "./command.ts";
import { defaultTopology } from "./which-lab.ts";

/** A topology, checked, and the machine made fit for it. */
export interface Prepared {
  loaded: LoadedTopology;
  stack: StackOptions;
}

/** The topology goes first: where it is at fault, nothing is done to the machine. */
export async function prepare(
  file: string | undefined,
  { progress, signal }: Shared,
): Promise<Prepared> {
  const loaded = await loadTopology(file ?? defaultTopology);
  const { topology, policyText } = loaded;
  const plan: StackOptions["plan"] = (given = draftOptions(topology)) =>
    planLab(topology, { run: "stack", policyText, ...given });
  await ensureEngine(progress);
  await ensureTun();
  const terraform = await ensureTerraform(progress, signal);
  signal.throwIfAborted();
  const { containers } = plan();
  await ensureImages(
    containers.map((container) => container.image),
    progress,
    signal,
  );
  signal.throwIfAborted();
  await ensureKernel(progress);
  await judgePolicy(await connectEngine(), plan(), imageRef);
  return {
    loaded,
    stack: {
      plan,
      topologyFile: loaded.file,
      imageRef,
      base: process.cwd(),
      terraform,
      progress,
      signal,
    },
  };
}
