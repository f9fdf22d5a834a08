import { join } from "node:path";
import { connectEngine, type Engine } from "../lab/engine/engine.ts";
import { enforceIsolation, notEnforced } from "../lab/engine/host-firewall.ts";
import type { ImageKey, Plan } from "../lab/plan/plan.ts";
import type { PlanOptions } from "../lab/plan/plan-lab.ts";
import type { Progress } from "../lab/progress.ts";
import { describePart, partAt } from "./address.ts";
import { givenBy, reserveFor } from "./allocation.ts";
import { isApplied, noteApplied } from "./applied.ts";
import {
  findOnEngine,
  findOrphans,
  isEmpty,
  refuseElsewhere,
  removeOrphans,
  stackRun,
} from "./orphans.ts";
import { planChanges } from "./plan-changes.ts";
import { settle } from "./settle.ts";
import {
  type LabState,
  labState,
  lockLab,
  noteFinished,
  noteUnfinished,
  putAsideUnreadable,
  readRecord,
  readTerraformState,
  refuseLinks,
  writeRecord,
} from "./state.ts";
import { synthesise } from "./synth.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";
import { lockTimeout, openTerraform, parallelism, type TerraformEvent } from "./terraform.ts";

export interface StackOptions {
  /** The plan for what is found out here, or a draft. Its run is `stack`. */
  plan: (given?: Pick<PlanOptions, "allocation" | "secret">) => Plan;
  /** The topology's file, absolute. */
  topologyFile: string;
  imageRef: (key: ImageKey) => string;
  /** Machines that faults hold stopped or paused: they are left as they are. */
  still?: readonly string[];
  /** The directory that holds `.tailnet-lab/`. */
  base: string;
  /** Terraform's or OpenTofu's program. */
  terraform: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/** Names of nodes; `network home`; `volume tailnet`. */
export interface StackResult {
  created: string[];
  /** Made anew: the same name, another container or network. */
  changed: string[];
  removed: string[];
  unchanged: boolean;
}

/**
 * Makes the engine run what the plan says, by the least change. All images must be on the engine.
 * Interrupted at any point, the same call again goes on; what the interrupted one made and did not
 * record is removed first. It does not wait for the nodes to be ready.
 * @throws LabError `LabLocked`, `LabElsewhere`, `PoolExhausted`, and as Terraform's `run`.
 */
export async function upStack(options: StackOptions): Promise<StackResult> {
  const { progress } = options;
  const draft = options.plan();
  const { lab } = draft;
  const state = labState(options.base, lab);
  await refuseLinks(state);
  await using _lock = await lockLab(lab, "tailnet-lab up");
  const engine = await connectEngine();
  await settle(engine, state, options);
  const found = await findOnEngine(engine, lab);
  await refuseElsewhere(found, state, options.topologyFile);
  const terraformState = await readTerraformState(state);
  await putAsideUnreadable(terraformState);
  const orphans = findOrphans(found, terraformState);
  if (orphans.containers.length + orphans.networks.length > 0) {
    await progress.step("Clear what an interrupted run left", () => removeOrphans(engine, orphans));
  }

  const record = await readRecord(state);
  await using reservation = await reserveFor(engine, draft, record);
  const given = givenBy(record, reservation);
  const plan = options.plan(given);
  await writeRecord(state, {
    schema: 2,
    topology: options.topologyFile,
    allocation: plan.allocation,
    secret: given.secret,
  });
  await noteUnfinished(state);
  const cwd = synthesise(state.directory, {
    plan,
    imageRef: options.imageRef,
    origin: state.directory,
    still: options.still ?? [],
  });
  const result =
    isEmpty(found) || !(await isApplied(engine, state, cwd))
      ? await apply(engine, state, cwd, isEmpty(found), options)
      : new Tally(() => {}).result();
  await noteFinished(state);
  await isolate(engine, lab, options);
  return result;
}

/** @param isNew all of it is: there is nothing to compare nor to tell */
async function apply(
  engine: Engine,
  state: LabState,
  cwd: string,
  isNew: boolean,
  { terraform: program, progress, signal }: StackOptions,
): Promise<StackResult> {
  const { lab } = state;
  await using temporary = await openTemporaryDirectory(state);
  await using terraform = await openTerraform(engine, program, temporary, state);
  const planFile = join(temporary.directory, "plan");
  const planned = isNew
    ? undefined
    : await progress.step(`Compare lab ${lab} with the engine`, (detail) =>
        planChanges(terraform, { cwd, signal, detail, planFile, args: [parallelism, lockTimeout] }),
      );
  for (const { action, kind, name, why } of planned?.changes ?? []) {
    const part = kind === "settings" ? name : describePart({ kind, name });
    progress.tell?.(`${action} ${part}: ${why}`);
  }
  const tally =
    planned?.resources === 0
      ? new Tally(() => {})
      : await progress.step(`Bring up lab ${lab}`, async (detail) => {
          const running = new Tally(detail, planned?.resources);
          await terraform.run(
            [
              ...["apply", "-json", "-input=false", "-auto-approve", parallelism, lockTimeout],
              ...(planned === undefined ? [] : [planFile]),
            ],
            { cwd, signal, detail, onEvent: (event) => running.add(event) },
          );
          return running;
        });
  await noteApplied(state, cwd);
  return tally.result();
}

async function isolate(
  engine: Engine,
  lab: string,
  { imageRef, progress }: StackOptions,
): Promise<void> {
  const image = imageRef({ program: "base" });
  const why = await progress.step(
    `Isolate lab ${lab}: nftables rules on the engine's machine`,
    () => enforceIsolation(engine, { lab, run: stackRun, image }),
  );
  if (why !== undefined) progress.tell?.(notEnforced(why));
}

/** Counts what Terraform says it has done. */
export class Tally {
  readonly #created = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #detail: (text: string) => void;
  #expected: number;
  #done = 0;

  /** @param expected of how many resources; else Terraform says it before it begins */
  constructor(detail: (text: string) => void, expected = 0) {
    this.#detail = detail;
    this.#expected = expected;
  }

  add(event: TerraformEvent): void {
    if (event.type === "change_summary" && event.changes !== undefined && this.#expected === 0) {
      this.#expected = event.changes.add + event.changes.change + event.changes.remove;
    }
    if (event.type !== "apply_complete" || event.hook === undefined) return;
    this.#done += 1;
    const part = partAt(event.hook.resource.addr);
    if (part === undefined) return;
    const name = describePart(part);
    if (event.hook.action === "create") this.#created.add(name);
    if (event.hook.action === "delete") this.#removed.add(name);
    this.#detail(`${this.#done} of ${this.#expected}: ${name}`);
  }

  result(): StackResult {
    const created = [...this.#created].sort();
    const removed = [...this.#removed].sort();
    return {
      created: created.filter((name) => !this.#removed.has(name)),
      changed: created.filter((name) => this.#removed.has(name)),
      removed: removed.filter((name) => !this.#created.has(name)),
      unchanged: created.length + removed.length === 0,
    };
  }
}
