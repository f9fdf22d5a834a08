import { join } from "node:path";
import { connectEngine } from "../lab/engine/engine.ts";
import { givenBy, reserveFor } from "./allocation.ts";
import { isApplied } from "./applied.ts";
import type { Change } from "./changes.ts";
import { findOnEngine, findOrphans, refuseElsewhere } from "./orphans.ts";
import { planChanges } from "./plan-changes.ts";
import { labState, lockLab, readRecord, readTerraformState, refuseLinks } from "./state.ts";
import { synthesise } from "./synth.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";
import { openTerraform, parallelism } from "./terraform.ts";
import type { StackOptions } from "./up.ts";

/**
 * What `upStack` with the same options would do; changes nothing, neither on the engine nor in the state.
 * @throws LabError `UsageInvalid`, `LabLocked`, `LabElsewhere`, `PoolExhausted`, and as Terraform's `run`.
 */
export async function diffStack(options: StackOptions): Promise<Change[]> {
  const { progress, signal } = options;
  const draft = options.plan();
  const { lab } = draft;
  const state = labState(options.base, lab);
  await refuseLinks(state);
  await using _lock = await lockLab(lab, "tailnet-lab diff");
  const engine = await connectEngine();
  const found = await findOnEngine(engine, lab);
  await refuseElsewhere(found, state, options.topologyFile);
  const terraformState = await readTerraformState(state);
  const orphans = findOrphans(found, terraformState);
  const record = await readRecord(state);
  await using reservation = await reserveFor(engine, draft, record);

  await using temporary = await openTemporaryDirectory(state);
  const cwd = synthesise(temporary.directory, {
    plan: options.plan(givenBy(record, reservation)),
    imageRef: options.imageRef,
    origin: state.directory,
    still: options.still ?? [],
  });
  if (await isApplied(engine, state, cwd)) return leftovers(orphans);
  await using terraform = await openTerraform(engine, options.terraform, temporary, state);
  return await progress.step(`Compare lab ${lab} with the engine`, async () => {
    const planFile = join(temporary.directory, "plan");
    // Without a state that can be read, all is new.
    const stateFile = terraformState.isReadable
      ? terraformState.file
      : join(temporary.directory, "terraform.tfstate");
    const args = ["-lock=false", parallelism, `-state=${stateFile}`];
    const { changes } = await planChanges(terraform, { cwd, signal, planFile, args });
    return [...changes, ...leftovers(orphans)];
  });
}

function leftovers(orphans: ReturnType<typeof findOrphans>): Change[] {
  const why = "an interrupted run left it";
  return [
    ...orphans.containers.map(
      ({ name }) => ({ kind: "node", name, action: "remove", why }) as const,
    ),
    ...orphans.networks.map(
      ({ name }) => ({ kind: "network", name, action: "remove", why }) as const,
    ),
  ];
}
