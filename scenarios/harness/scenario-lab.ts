import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { getContainerRuntimeClient, getReaper } from "testcontainers";
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { enforceIsolation, notEnforced, releaseIsolation } from "../../lab/engine/host-firewall.ts";
import { startFault } from "../../lab/engine/preflight/diagnosis.ts";
import { reserveSubnets } from "../../lab/engine/subnet-pool.ts";
import { LabError } from "../../lab/errors.ts";
import { injectDeclared } from "../../lab/faults/declared.ts";
import { injectUntilDisposed } from "../../lab/faults/until-disposed.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { emptyAllocation } from "../../lab/plan/allocation.ts";
import { segmentNames } from "../../lab/plan/network.ts";
import type { Plan } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { silent } from "../../lab/progress.ts";
import { waitConverged } from "../../lab/running/convergence.ts";
import { waitReady } from "../../lab/running/ready.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import type { FaultDeclaration } from "../../lab/topology/faults.ts";
import { type LoadedTopology, loadTopology } from "../../lab/topology/load.ts";
import type { LabDeclaration } from "../../lab/topology/schema.ts";
import { lookBeforeRepair } from "./claims.ts";
import { labChanges } from "./mutation.ts";
import { reapAfter, withoutRyuk } from "./reaper.ts";
import { run as ownRun, sharedRun } from "./run.ts";
import { startPlan } from "./start-plan.ts";

/** A topology's file, or the declaration itself with its policy inline. */
export type LabSource = string | URL | LabDeclaration;

const baseImage = imageRef({ program: "base" });

/** Why isolation is not enforced is the same for each lab. */
let said: string | undefined;
function sayOnce(why: string | undefined): void {
  if (why === undefined || why === said) return;
  said = why;
  console.error(notEnforced(why));
}

/** How long a lab's start took, in seconds, one stage after the other. */
export interface StartTimes {
  /** Networks, volume and containers made, all of them started. */
  started: number;
  /** Every boot script has said that it is ready: all nodes have logged in. */
  booted: number;
  /** Every node sees its peers online; the policy's tests have passed. */
  joined: number;
}

/** Where a lab's evidence goes, and what it is called. */
export interface StartOptions {
  /** The folder of the evidence of a lab that does not come up. */
  place?: string;
  /** The lab's name on the engine; unique where absent. */
  name?: string;
  /** The run on its labels; this process's where absent. */
  run?: string;
}

let labs = 0;

/** A lab's name that no other has: the process id tells the workers of a run apart. */
export function uniqueName(start: string): string {
  labs += 1;
  return `${start}-${process.pid}-${labs}`;
}

/** A lab that a scenario started; it is gone, or given back, when the scenario ends. */
export class ScenarioLab implements AsyncDisposable {
  readonly plan: Plan;
  readonly running: RunningLab;
  private readonly release: () => Promise<void>;

  constructor(plan: Plan, running: RunningLab, release: () => Promise<void>) {
    this.plan = plan;
    this.running = running;
    this.release = release;
  }

  /**
   * Starts a lab and waits until every node has joined. A lab that does not come up leaves
   * nothing but its evidence.
   */
  static async start(source: LabSource, options: StartOptions = {}): Promise<StartedLab> {
    return startLab(await loadSource(source), options);
  }

  /** Throws NodeNotFound. */
  node(name: string) {
    return this.running.node(name);
  }

  /**
   * Injects a fault until it is disposed of: `await using _ = await lab.inject({ kind: "stop", node: "phone" })`. One
   * that is there already stays as it is.
   */
  async inject(fault: FaultDeclaration): Promise<AsyncDisposable> {
    const injected = await injectUntilDisposed(this.running, fault);
    return {
      [Symbol.asyncDispose]: async () => {
        await lookBeforeRepair(this);
        await injected[Symbol.asyncDispose]();
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** One that was started from nothing. */
export type StartedLab = ScenarioLab & { times: StartTimes };

/** As ScenarioLab.start, of what is loaded already. */
export async function startLab(
  loaded: LoadedTopology,
  { place = "start", run = ownRun, name }: StartOptions = {},
): Promise<StartedLab> {
  const { topology, policyText } = labChanges().declared?.(loaded) ?? loaded;
  const engine = await connectEngine();
  withoutRyuk();
  // The owner of a shared run has done so.
  if (sharedRun === undefined && run === ownRun) reapAfter({ run });
  const lab = name ?? uniqueName(`${topology.name}-${run.slice(-8)}`);
  const draft = planLab(topology, { lab, run, ...draftOptions(topology) });
  await ensureImages(
    draft.containers.map(({ image }) => image),
    silent,
  );
  const lap = stopwatch();
  // Each container asks for both; the first answer is kept for the others. Of several that ask for a reaper at once,
  // Testcontainers' lock on a file holds all but one up for half a second or more.
  await getReaper(await getContainerRuntimeClient());
  await using reservation = await reserveSubnets(engine, segmentNames(topology));
  const allocation = emptyAllocation(reservation.subnets);
  const secret = randomBytes(16).toString("hex");
  const planned = planLab(topology, { lab, run, allocation, secret, policyText });
  const plan = labChanges().planned?.(planned) ?? planned;
  try {
    await startPlan(engine, plan, imageRef);
    sayOnce(await enforceIsolation(engine, { lab, run, image: baseImage }));
  } catch (error) {
    await cleanAll(engine, { lab, run });
    throw error;
  }
  const running = await RunningLab.find(lab, { run, engine });
  const times: StartTimes = { started: lap(), booted: 0, joined: 0 };
  try {
    await waitReady(running.nodes);
    times.booted = lap();
    await waitConverged(running);
    times.joined = lap();
    await injectDeclared(running, topology.faults);
    await labChanges().started?.(running);
  } catch (failure) {
    const error = await startFault(engine, baseImage, failure);
    if (error instanceof Error && !isAboutPolicy(error)) {
      const { evidenceOf } = await import("./evidence.ts");
      error.message += await evidenceOf({ plan, running }, place, lab);
    }
    await cleanAll(engine, { lab, run });
    throw error;
  }
  const remove = async () => {
    await cleanAll(engine, { lab, run });
    await releaseIsolation(engine, baseImage);
  };
  return Object.assign(new ScenarioLab(plan, running, remove), { times });
}

/** Headscale has said all: the lab has nothing to show. */
function isAboutPolicy(error: Error): boolean {
  return error instanceof LabError && error.name === "PolicyRejected";
}

/** Seconds since the last call. */
export function stopwatch(): () => number {
  let since = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - since) / 1000;
    since = now;
    return seconds;
  };
}

/** The topology and its policy, from a file or as declared. */
export async function loadSource(source: LabSource): Promise<LoadedTopology> {
  if (typeof source === "string") return loadTopology(source);
  if (source instanceof URL) return loadTopology(fileURLToPath(source));
  const topology = defineLab(source);
  const { policy } = topology.tailnet;
  if (typeof policy === "string") {
    throw new LabError(
      "TopologyInvalid",
      "a policy's file needs the topology's own file beside it",
      {
        where: "tailnet.policy",
        remedy: "hand labTest the topology's file, or write the policy inline",
      },
    );
  }
  const policyText = policy === undefined ? {} : { policyText: JSON.stringify(policy, null, 2) };
  return { topology, file: "inline", ...policyText };
}
