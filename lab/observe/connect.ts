import { randomUUID } from "node:crypto";
import { LabError } from "../errors.ts";
import { program } from "../plan/programs.ts";
import type { RunningNode } from "../running/running-node.ts";
import { classify, probeFailed, type ReachResult, type Target } from "./outcome.ts";

const probe = program("probe.pl");

/** Of the probe: that many targets at once. */
const atOnce = 64;
/** What the probe itself may take beside the attempts, on a busy machine. */
const graceMs = 30_000;

export interface ReachOptions {
  /** How long an answer may take; whole seconds. */
  seconds?: number;
  signal?: AbortSignal | undefined;
}

/** One real connection from a node to a service. Throws NodeFailed where the check itself failed. */
export async function reach(
  node: RunningNode,
  target: Target,
  options?: ReachOptions,
): Promise<ReachResult> {
  const [result] = await reachAll(node, [target], options);
  if (result === undefined) throw probeFailed(node.name, "it printed nothing");
  return result;
}

/** Many connections from one node at once; in the targets' order. Throws NodeFailed where any check itself failed. */
export async function reachAll(
  node: RunningNode,
  targets: readonly Target[],
  options?: ReachOptions,
): Promise<ReachResult[]> {
  return (await tryAll(node, targets, options)).map((result) => {
    if (result instanceof LabError) throw result;
    return result;
  });
}

/**
 * Many connections from one node at once, in one process of the engine's. In the targets' order: a result, or
 * NodeFailed for a check that itself failed. Throws NodeFailed where the probe did not run at all.
 */
export async function tryAll(
  node: RunningNode,
  targets: readonly Target[],
  { seconds = 3, signal }: ReachOptions = {},
): Promise<(ReachResult | LabError)[]> {
  if (targets.length === 0) return [];
  const nonces = targets.map(() => randomUUID());
  const fields = targets.map(({ host, port, protocol, service, family }, index) =>
    [host, port ?? 0, protocol, service ?? "", family ?? "", nonces[index]].join("\u001f"),
  );
  const { stdout, stderr, exitCode } = await node.exec(
    ["perl", "-e", probe, "--", String(seconds), ...fields],
    {
      env: { LC_ALL: "C" },
      timeoutMs: Math.ceil(targets.length / atOnce) * seconds * 1000 + graceMs,
      signal,
    },
  );
  if (exitCode !== 0) {
    const output = (stderr.trim() || stdout.trim()).slice(-500);
    throw probeFailed(node.name, `it ended with ${exitCode}: ${output}`);
  }
  const lines = stdout.split("\n").filter((line) => line !== "");
  const eventsByNumber = new Map(
    lines.map((line) => {
      const [number, ...events] = line.split("\t");
      return [Number(number), events] as const;
    }),
  );
  return targets.map((target, index) => {
    const events = eventsByNumber.get(index);
    if (events === undefined) return probeFailed(node.name, `it said nothing of ${target.host}`);
    try {
      return classify(node.name, target, nonces[index] ?? "", events);
    } catch (error) {
      if (error instanceof LabError) return error;
      throw error;
    }
  });
}
