import { createHash } from "node:crypto";
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine, type Engine } from "../../lab/engine/engine.ts";
import { acquireLock, type Lock } from "../../lab/engine/lock.ts";
import { LabError } from "../../lab/errors.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import type { Plan } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { listLabs, RunningLab } from "../../lab/running/running-lab.ts";
import type { LoadedTopology } from "../../lab/topology/load.ts";
import { changesSince, differences, type LabState, stateOf } from "./lab-state.ts";
import { ScenarioLab, startLab, uniqueName } from "./scenario-lab.ts";

/** Of labs that stay for the next run of whoever wants the same plan, until `tailnet-lab clean`. */
export const reusedRun = "reused";

export interface WarmOptions {
  /** The run on the lab's labels. Only one's own labs are shared. */
  run: string;
  /** Who uses it, in messages: the test's file. */
  user: string;
  /**
   * What the lab belongs to, where a changed topology is to remove the lab of the topology of before: a
   * path. Absent: labs of several topologies stay side by side.
   */
  owner?: string | undefined;
}

/** What a warm lab's control container keeps in a file: lives and dies with the lab. */
interface WarmRecord {
  plan: Plan;
  /** As it was when it had converged, before anyone used it. */
  state: LabState;
}
const recordFile = "/var/tmp/tailnet-lab.warm.json";
/** Named otherwise while the lab is in use: where its user died, nobody takes it again. */
const take = `cat ${recordFile} && mv ${recordFile} ${recordFile}.in-use`;
const giveBack = `mv ${recordFile}.in-use ${recordFile}`;

/**
 * A lab of this plan that waits warm, else one that is started and stays. Nobody else has it until it is
 * given back, that is disposed of. It must be given back as it was: else it is removed.
 * @throws LabError LabLeftDirty, by the disposal; and as ScenarioLab.start
 */
export async function warmLab(loaded: LoadedTopology, options: WarmOptions): Promise<ScenarioLab> {
  const engine = await connectEngine();
  const { run } = options;
  const { planned, replaced } = namesOf(loaded, options);
  for (const { name } of (await listLabs(engine)).filter((lab) => lab.run === run)) {
    if (!name.startsWith(replaced)) continue;
    const lock = await lockOf(name);
    if (lock === undefined) continue;
    const lab = name.startsWith(planned) ? await findWarm(engine, name, options) : undefined;
    if (lab !== undefined) return inUse(lab, lock, options.user);
    await cleanAll(engine, { lab: name, run });
    await lock[Symbol.asyncDispose]();
  }
  const name = uniqueName(planned);
  const lock = await lockOf(name);
  if (lock === undefined) throw new Error(`lab ${name} is new and in use`);
  try {
    const { plan, running } = await startLab(loaded, { name, run });
    const record: WarmRecord = { plan, state: await stateOf(running) };
    await running.control.output(["sh", "-c", `cat > ${recordFile}.in-use`], {
      input: JSON.stringify(record),
    });
    return inUse({ running, record }, lock, options.user);
  } catch (error) {
    await cleanAll(engine, { lab: name, run });
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether a lab is one that waits for its next user, by its name. */
export function isWarm(name: string): boolean {
  return /-warm-[0-9a-f]{12}-\d+-\d+$/.test(name);
}

interface FoundLab {
  running: RunningLab;
  record: WarmRecord;
}

/** @returns undefined where it is half made, or not as it was. */
async function findWarm(
  engine: Engine,
  name: string,
  { run, owner }: WarmOptions,
): Promise<FoundLab | undefined> {
  const running = await RunningLab.find(name, { run, engine });
  if (running.nodes.some((node) => node.state !== "running")) return undefined;
  const { stdout, exitCode } = await running.control.exec(["sh", "-c", take]);
  if (exitCode !== 0) return undefined;
  const record = JSON.parse(stdout) as WarmRecord;
  // Within a run, whoever gave it back has looked. What stays is open to everyone in between.
  if (owner !== undefined && differences(record.state, await stateOf(running)).length > 0) {
    return undefined;
  }
  return { running, record };
}

function inUse({ running, record }: FoundLab, lock: Lock, user: string): ScenarioLab {
  return new ScenarioLab(record.plan, running, async () => {
    const remove = () => cleanAll(running.engine, { lab: running.name, run: running.run });
    try {
      const changes = await changesSince(running, record.state).catch(async (error: unknown) => {
        await remove();
        throw error;
      });
      if (changes.length === 0) {
        await running.control.output(["sh", "-c", giveBack]);
        return;
      }
      await remove();
      throw leftDirty(running, changes, user);
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  });
}

function leftDirty({ name }: RunningLab, changes: readonly string[], user: string): LabError {
  const shown = changes.slice(0, 20).map((change) => `\n  ${change}`);
  const more = changes.length > shown.length ? `\n  … ${changes.length} in all` : "";
  return new LabError(
    "LabLeftDirty",
    `${user} did not give lab ${name} back as it was:${shown.join("")}${more}`,
    { where: user, remedy: "undo in the test what it changes, also where it fails" },
  );
}

/**
 * What the names of this plan's labs begin with, and of all that make way for it: with an owner, those of
 * the plans of before too.
 */
function namesOf({ topology, policyText }: LoadedTopology, { run, owner }: WarmOptions) {
  const plan = planLab(topology, { lab: "warm", run: "", ...draftOptions(topology), policyText });
  const images = plan.containers.map(({ image }) => imageRef(image));
  const owned = warmPrefix(topology.name, owner ?? run);
  const planned = `${owned}${digest({ plan, images, faults: topology.faults }, 12)}`;
  return { planned, replaced: owner === undefined ? planned : owned };
}

/** What the names of an owner's warm labs begin with. */
export function warmPrefix(topology: string, owner: string): string {
  return `${topology}-${digest(owner, 6)}-warm-`;
}

function digest(value: unknown, digits: number): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, digits);
}

/** @returns undefined where another process, or another test of this one, has it. */
async function lockOf(name: string): Promise<Lock | undefined> {
  const answer = await acquireLock(`warm/${name}`, "uses a warm lab");
  return "lock" in answer ? answer.lock : undefined;
}
