import { readFile } from "node:fs/promises";
import { type Engine, engineCall } from "../lab/engine/engine.ts";
import { type Capacity, capacityFault } from "../lab/engine/preflight/capacity.ts";
import {
  type EngineFacts,
  engineName,
  freeMemory,
  readEngineFacts,
  unsupported,
} from "../lab/engine/preflight/engine-facts.ts";
import { featureFault } from "../lab/engine/preflight/features.ts";
import { type ProbeResult, probeEngine } from "../lab/engine/preflight/probe.ts";
import type { LabError } from "../lab/errors.ts";
import { forbidden, isRoot, mayChangeMachine } from "../lab/machine-changes.ts";
import { label } from "../lab/plan/plan.ts";
import type { Progress } from "../lab/progress.ts";
import { hasPassed, rememberPassed } from "./passed.ts";
import { addTun } from "./tun.ts";

/**
 * What the engine is.
 * @throws LabError EngineUnsupported where no lab can run on it, EngineLost
 */
export async function supportedEngine(engine: Engine): Promise<EngineFacts> {
  const facts = await readEngineFacts(engine);
  const refusal = unsupported(facts);
  if (refusal !== undefined) throw refusal;
  return facts;
}

/**
 * Sees to it that the engine's kernel and network can do what labs need, by trying it. What passed is remembered for
 * that engine, kernel and boot, so that it costs the time of two containers once.
 * @param image the base image, which the engine must have
 * @throws LabError KernelLacks, TunMissing, SegmentBlocked
 */
export async function ensureKernel(
  engine: Engine,
  facts: EngineFacts,
  image: string,
  progress: Progress,
): Promise<void> {
  const fingerprint = [facts.id, facts.version, facts.kernel, await bootId(facts), image];
  if (await hasPassed("kernel", fingerprint)) return;
  await progress.step(`Try ${engineName(facts)} on kernel ${facts.kernel}`, async () => {
    let result = await probeEngine(engine, image);
    if (result.lacking.includes("tun") && facts.isOwnKernel && (await addTun(progress))) {
      result = await probeEngine(engine, image);
    }
    const [fault] = faultsOf(facts, result);
    if (fault !== undefined) throw fault;
  });
  await rememberPassed("kernel", fingerprint);
}

/** All that the probe found lacking. */
export function faultsOf(facts: EngineFacts, { lacking, output }: ProbeResult): LabError[] {
  return lacking.map((feature) => {
    const isForbidden = feature === "tun" && facts.isOwnKernel && isRoot() && !mayChangeMachine();
    return featureFault(feature, facts.kernel, isForbidden ? forbidden("load it here") : output);
  });
}

/**
 * Refuses a lab for which the engine's machine has no room beside what runs.
 * @param containers how many the lab has in all
 * @throws LabError MemoryShort, TasksShort
 */
export async function ensureCapacity(
  engine: Engine,
  facts: EngineFacts,
  lab: string,
  containers: number,
): Promise<void> {
  const filters = { label: [`${label.lab}=${lab}`], status: ["running"] };
  const running = await engineCall(engine.listContainers({ filters }));
  const fault = capacityFault(containers - running.length, await readCapacity(facts));
  if (fault !== undefined) throw fault;
}

/** What is left now, as far as it is told without a container on the engine. */
export async function readCapacity(facts: EngineFacts): Promise<Capacity> {
  const memoryBytes = freeMemory(facts);
  if (!facts.isOwnKernel) return { memoryBytes };
  const read = (path: string) => readFile(`/proc/${path}`, "utf8");
  const [load, threads, pids] = await Promise.all(
    ["loadavg", "sys/kernel/threads-max", "sys/kernel/pid_max"].map(read),
  );
  const used = Number(/\/(\d+) /.exec(load ?? "")?.[1]);
  return { memoryBytes, tasks: { used, limit: Math.min(Number(threads), Number(pids)) } };
}

/** A module that is loaded is gone after a restart. */
async function bootId({ isOwnKernel }: EngineFacts): Promise<string> {
  return isOwnKernel ? readFile("/proc/sys/kernel/random/boot_id", "utf8") : "";
}
