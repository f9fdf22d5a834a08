import { join } from "node:path";
import { claimPool } from "../lab/running/docker-pool.ts";
import { connectEngine } from "../lab/running/engine.ts";
import { type Change, readChanges, shownPlan } from "./changes.ts";
import { openScratch } from "./scratch.ts";
import { labState, lockLab, readRecord, terraformDirectory } from "./state.ts";
import { findOnEngine, findStrays, refuseElsewhere, stackRun } from "./strays.ts";
import { synthesise } from "./synth.ts";
import { openTerraform, parallelism } from "./terraform.ts";
import type { StackOptions } from "./up.ts";

/**
 * What `upStack` with the same options would do; changes nothing, neither on the engine nor in the state.
 * @throws LabError `LabLocked`, `LabElsewhere`, `PoolExhausted`, and as Terraform's `run`.
 */
export async function diffStack(options: StackOptions): Promise<Change[]> {
  const { progress, signal } = options;
  const draft = options.plan(0);
  const { lab } = draft;
  const state = labState(options.base, lab);
  await using _lock = await lockLab(lab, "tailnet-lab diff");
  const engine = await connectEngine();
  const found = await findOnEngine(engine, lab);
  await refuseElsewhere(found, state, options.topologyFile);
  const strays = await findStrays(found, state);
  const record = await readRecord(state);
  const kept = record && { first: record.dockerPool, lab, run: stackRun };
  await using pool = await claimPool(engine, draft.networks.length, kept);

  await using scratch = await openScratch(state);
  const cwd = synthesise(scratch.directory, {
    plan: options.plan(pool.first),
    imageRef: options.imageRef,
    origin: state.directory,
  });
  await using terraform = await openTerraform(engine, options.terraform, scratch);
  return await progress.step(`Compare lab ${lab} with the engine`, async () => {
    const planFile = join(scratch.directory, "plan");
    const stateFile = join(terraformDirectory(state), "terraform.tfstate");
    await terraform.run(
      [
        "plan",
        "-json",
        "-input=false",
        "-lock=false",
        parallelism,
        `-state=${stateFile}`,
        `-out=${planFile}`,
      ],
      { cwd, signal },
    );
    const shown = await terraform.read(["show", "-json", planFile], { cwd });
    return [...readChanges(shownPlan.parse(shown)), ...leftovers(strays)];
  });
}

function leftovers(strays: Awaited<ReturnType<typeof findStrays>>): Change[] {
  const why = "an interrupted run left it";
  return [
    ...strays.containers.map(
      ({ name }) => ({ kind: "node", name, action: "remove", why }) as const,
    ),
    ...strays.networks.map(
      ({ name }) => ({ kind: "network", name, action: "remove", why }) as const,
    ),
  ];
}
