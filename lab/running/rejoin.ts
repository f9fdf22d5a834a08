import { program } from "../plan/programs.ts";
import { type HeadscaleNode, headscaleNodes } from "./headscale.ts";
import type { RunningLab } from "./running-lab.ts";
import type { RunningNode } from "./running-node.ts";

/** Longer than a login takes on a busy machine. */
const limitMs = 60_000;

/**
 * Logs nodes in again that control does not let in any more, as somebody has deleted them there, or their key has
 * expired: they themselves may go on with their last netmap.
 * @param nodes that have joined before, and run
 * @returns who was logged in again, and why, in words
 * @throws LabError NodeFailed, WaitTimedOut
 */
export async function rejoinUnknown(
  lab: RunningLab,
  nodes: readonly RunningNode[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (nodes.length === 0) return [];
  const known = await headscaleNodes(lab, signal);
  const told = await Promise.all(
    nodes.map(async (node) => {
      const own = known.filter(({ name, givenName }) => [name, givenName].includes(node.name));
      const why = outAtControl(own, Date.now());
      return why === undefined ? [] : [await logInAgain(node, why, signal)];
    }),
  );
  return told.flat();
}

/**
 * The same for one that is out by its own state.
 * @throws LabError NodeFailed, WaitTimedOut
 */
export function rejoinOut(
  node: RunningNode,
  backendState: string,
  signal?: AbortSignal,
): Promise<string> {
  const why =
    backendState === "Stopped" ? "it was stopped, as by tailscale down" : "it was logged out";
  return logInAgain(node, why, signal);
}

async function logInAgain(node: RunningNode, why: string, signal?: AbortSignal): Promise<string> {
  // One that was deleted goes on with its last netmap, and one with an expired key asks nobody by itself.
  const again = `tailscale logout || true\n${program("until.sh")}${program("log-in.sh")}`;
  await node.output(["bash", "-c", again], { timeoutMs: limitMs, signal });
  return `${node.name} was logged in again: ${why}`;
}

/** Why control does not let a node in any more, by all that control has of its name. */
export function outAtControl(
  own: readonly Pick<HeadscaleNode, "expiry">[],
  now: number,
): string | undefined {
  if (own.length === 0) return "Headscale did not know it any more";
  return own.every(({ expiry }) => expiry !== undefined && expiry < now)
    ? "its key had expired, or it was logged out"
    : undefined;
}
