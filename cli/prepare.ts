import { connectEngine, type Engine } from "../lab/engine/engine.ts";
import { ensureImages } from "../lab/images/ensure.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { Plan } from "../lab/plan/plan.ts";
import { draftOptions, planLab } from "../lab/plan/plan-lab.ts";
import { judgePolicy } from "../lab/running/policy.ts";
import { type LoadedTopology, loadTopology } from "../lab/topology/load.ts";
import { ensureEngine } from "../setup/engine.ts";
import { hasPassed, rememberPassed } from "../setup/passed.ts";
import { ensureCapacity, ensureKernel, supportedEngine } from "../setup/preflight.ts";
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
export async function prepare(file: string | undefined, shared: Shared): Promise<Prepared> {
  return prepareLoaded(await loadTopology(file ?? defaultTopology), shared);
}

/** As prepare, of a topology that is loaded already. */
export async function prepareLoaded(
  loaded: LoadedTopology,
  { progress, signal }: Shared,
): Promise<Prepared> {
  const stack = stackOf(loaded);
  const draft = stack.plan();
  await ensureEngine(progress);
  const engine = await connectEngine();
  const facts = await supportedEngine(engine);
  await ensureCapacity(engine, facts, draft.lab, draft.containers.length);
  const terraform = await ensureTerraform(progress, signal);
  signal.throwIfAborted();
  const images = draft.containers.map((container) => container.image);
  await ensureImages([{ program: "base" }, ...images], progress, signal);
  signal.throwIfAborted();
  await ensureKernel(engine, facts, imageRef({ program: "base" }), progress);
  await ensurePolicy(engine, draft, loaded);
  return { loaded, stack: { ...stack, terraform, progress, signal } };
}

/** What the stack of a topology is made of, beside Terraform and who watches. */
export function stackOf(
  loaded: LoadedTopology,
): Omit<StackOptions, "terraform" | "progress" | "signal"> {
  const { topology, policyText } = loaded;
  return {
    plan: (given = draftOptions(topology)) =>
      planLab(topology, { run: "stack", policyText, ...given }),
    topologyFile: loaded.file,
    imageRef,
    base: process.cwd(),
  };
}

/** Has Headscale read the policy, unless it has read the same one before. */
async function ensurePolicy(
  engine: Engine,
  draft: Plan,
  { topology, policyText }: LoadedTopology,
): Promise<void> {
  if (policyText === undefined) return;
  const headscale = draft.containers.find(({ name }) => name === "control")?.image;
  const read = [headscale && imageRef(headscale), topology.tailnet, policyText];
  if (await hasPassed("policy", read)) return;
  await judgePolicy(engine, draft, imageRef);
  await rememberPassed("policy", read);
}
