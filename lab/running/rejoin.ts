import { program } from "../plan/programs.ts";
import { type HeadscaleNode, headscaleNodes } from "./headscale.ts";
import type { RunningLab } from "./running-lab.ts";
import type { RunningNode } from "./running-node.ts";
import { parseStatus } from "./status.ts";

/** Longer than a login takes on a busy machine. */
const limitMs = 60_000;

/**
 * Logs nodes in again that somebody has taken out of the tailnet by hand, as it never converges else: deleted at
 * control, with an expired key, logged out, or stopped by `tailscale down`.
 * @param nodes that have joined before, and run
 * @returns who was logged in again, and why, in words
 * @throws LabError NodeFailed, WaitTimedOut
 */
export async function rejoin(
  lab: RunningLab,
  nodes: readonly RunningNode[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (nodes.length === 0) return [];
  const known = await headscaleNodes(lab, signal);
  const told = await Promise.all(
    nodes.map(async (node) => {
      const own = known.filter(({ name, givenName }) => [name, givenName].includes(node.name));
      const why = outAtControl(own, Date.now()) ?? (await outByItself(node, own, signal));
      if (why === undefined) return [];
      // One that was deleted goes on with its last netmap, and one with an expired key asks nobody by itself.
      const again = `tailscale logout || true\n${program("until.sh")}${program("log-in.sh")}`;
      await node.output(["bash", "-c", again], { timeoutMs: limitMs, signal });
      return [`${node.name} was logged in again: ${why}`];
    }),
  );
  return told.flat();
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

/** A node itself is asked only where control does not see it. */
async function outByItself(
  node: RunningNode,
  own: readonly HeadscaleNode[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (own.some(({ online }) => online)) return undefined;
  const status = parseStatus(await node.output(["tailscale", "status", "--json"], { signal }));
  switch (status.backendState) {
    case "NeedsLogin":
      return "it was logged out";
    case "Stopped":
      return "it was stopped, as by tailscale down";
    default:
      return undefined;
  }
}
