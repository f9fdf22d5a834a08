import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { readEngineFacts } from "./engine-facts.ts";
import { featureFault } from "./features.ts";
import { probeEngine } from "./probe.ts";

/** A lab is ready within a few seconds; one that is not by then may never be. */
const patienceMs = 10_000;

/**
 * Why the nodes of a lab can't reach each other, where that is for every container of the engine: the host's rules
 * may have changed since the engine was tried.
 * @param image the base image
 * @returns LabError SegmentBlocked, or undefined
 */
async function segmentFault(engine: Engine, image: string): Promise<LabError | undefined> {
  const { lacking } = await probeEngine(engine, image);
  if (!lacking.includes("segment")) return undefined;
  return featureFault("segment", (await readEngineFacts(engine)).kernel, "");
}

/**
 * Waits for a lab, and finds out meanwhile, where that takes long, whether its nodes can reach each other at all.
 * @param wait what to wait for; ends when its signal aborts
 * @throws LabError SegmentBlocked as soon as that is known; what `wait` throws
 */
export async function waitDiagnosed<T>(
  engine: Engine,
  image: string,
  wait: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const over = new AbortController();
  const diagnosis = diagnose(engine, image, AbortSignal.any([over.signal, signal]), stop);
  try {
    return await wait(AbortSignal.any([stop.signal, signal]));
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    over.abort();
    await diagnosis;
  }
}

async function diagnose(
  engine: Engine,
  image: string,
  over: AbortSignal,
  stop: AbortController,
): Promise<void> {
  try {
    await pause(patienceMs, undefined, { signal: over });
    const fault = await segmentFault(engine, image);
    if (fault !== undefined) stop.abort(fault);
  } catch {
    // The wait is over, or the engine can't try it now: then the wait tells.
  }
}

/** The cause of a failed start where that is the engine's network, else the error itself. */
export async function startFault(engine: Engine, image: string, error: unknown): Promise<unknown> {
  // A node's boot script has waits of its own.
  const isWait = error instanceof LabError && ["WaitTimedOut", "NodeFailed"].includes(error.name);
  if (!isWait) return error;
  return (await segmentFault(engine, image).catch(() => undefined)) ?? error;
}
