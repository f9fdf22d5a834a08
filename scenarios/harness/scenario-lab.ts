import { fileURLToPath } from "node:url";
import { getContainerRuntimeClient } from "testcontainers";
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { enforceIsolation, notEnforced, releaseIsolation } from "../../lab/engine/host-firewall.ts";
import { ensureNeighbourTable } from "../../lab/engine/neighbour-table.ts";
import { startFault } from "../../lab/engine/preflight/diagnosis.ts";
import { reserveSubnets } from "../../lab/engine/subnet-pool.ts";
import { LabError } from "../../lab/errors.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import type { Plan } from "../../lab/plan/plan.ts";
import { planLab, poolSize } from "../../lab/plan/plan-lab.ts";
import { silent } from "../../lab/progress.ts";
import { waitConverged } from "../../lab/running/convergence.ts";
import { waitReady } from "../../lab/running/ready.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { type LoadedTopology, loadTopology } from "../../lab/topology/load.ts";
import type { LabDeclaration } from "../../lab/topology/schema.ts";
import { writeArtifacts } from "./artifacts.ts";
import { activeMutation } from "./mutation.ts";
import { reapAfter } from "./reaper.ts";
import { run } from "./run.ts";
import { startPlan } from "./start-plan.ts";

/** A topology's file, or the declaration itself with its policy inline. */
export type LabSource = string | URL | LabDeclaration;

let labs = 0;
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

/** A lab that a scenario started; it is gone when the scenario ends. */
export class ScenarioLab implements AsyncDisposable {
  readonly plan: Plan;
  readonly running: RunningLab;
  readonly times: StartTimes;

  private constructor(plan: Plan, running: RunningLab, times: StartTimes) {
    this.plan = plan;
    this.running = running;
    this.times = times;
  }

  /**
   * Starts a lab and waits until every node has joined. A lab that does not come up leaves
   * nothing but its artifacts.
   */
  static async start(source: LabSource, place = "start"): Promise<ScenarioLab> {
    const { topology, policyText } = activeMutation.declared(await load(source));
    const engine = await connectEngine();
    reapAfter({ run });
    labs += 1;
    // Unique on the engine: the process id tells the workers of a run apart.
    const lab = `${topology.name}-${run.slice(-8)}-${process.pid}-${labs}`;
    const draft = planLab(topology, { lab, run, dockerPool: 0 });
    await ensureImages(
      draft.containers.map(({ image }) => image),
      silent,
    );
    const raised = await ensureNeighbourTable(draft);
    if (raised !== undefined) console.error(raised);
    const lap = stopwatch();
    // Each container asks for it; the first answer, some calls to the engine, is kept for the others.
    await getContainerRuntimeClient();
    await using pool = await reserveSubnets(engine, poolSize(topology));
    const plan = activeMutation.planned(
      planLab(topology, { lab, run, dockerPool: pool.first, policyText }),
    );
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
      await activeMutation.started(running);
    } catch (failure) {
      const error = await startFault(engine, baseImage, failure);
      const folder = await writeArtifacts(plan, running, place, "start");
      await cleanAll(engine, { lab, run });
      if (error instanceof Error) error.message += `\nartifacts: ${folder}`;
      throw error;
    }
    return new ScenarioLab(plan, running, times);
  }

  /** Throws NodeNotFound. */
  node(name: string) {
    return this.running.node(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await cleanAll(this.running.engine, { lab: this.plan.lab, run });
    await releaseIsolation(this.running.engine, baseImage);
  }
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

async function load(source: LabSource): Promise<LoadedTopology> {
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
