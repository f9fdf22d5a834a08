import { LabError } from "../errors.ts";
import { stateProblem } from "../running/node-state.ts";
import type { RunningNode } from "../running/running-node.ts";
import { parseStatus, type TailnetStatus } from "../running/status.ts";
import { type Metrics, parseMetrics } from "./metrics.ts";

/** What a node's tailscaled says of itself, or why it says nothing. */
export type Look =
  | { status: TailnetStatus; metrics: Metrics | null; problem: null }
  | { status: null; metrics: null; problem: string };

export interface LookOptions {
  /** How long a node may take; whole seconds. */
  seconds?: number;
  signal?: AbortSignal | undefined;
}

const separator = "\u001e";
/** Both in one process of the engine's; each ends after the time limit, as a stopped tailscaled never answers. */
const script = `timeout -k 1 "$1" tailscale status --json || exit
echo '${separator}'
timeout -k 1 "$1" tailscale metrics print || :`;

/** timeout(1): the limit, and where the program had to be killed. */
const timeoutCodes = [124, 137];

/** Never throws for what is wrong with the node; EngineLost and an abort go through. */
export async function lookAt(
  node: RunningNode,
  { seconds = 5, signal }: LookOptions = {},
): Promise<Look> {
  const problem = stateProblem(node.state);
  if (problem !== null) return unseen(problem);
  const silent = `tailscaled does not answer within ${seconds} s`;
  try {
    const { stdout, stderr, exitCode } = await node.exec(
      ["sh", "-c", script, "sh", String(seconds)],
      // Beside the limits of both programs: the container may be paused meanwhile.
      { timeoutMs: (2 * seconds + 3) * 1000, signal },
    );
    if (timeoutCodes.includes(exitCode)) return unseen(silent);
    if (exitCode !== 0) return unseen(stderr.trim().split("\n").at(-1) || `exit code ${exitCode}`);
    const [status = "", metrics = ""] = stdout.split(separator);
    return {
      status: parseStatus(status),
      metrics: metrics.trim() === "" ? null : parseMetrics(metrics),
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
    return unseen(error.name === "WaitTimedOut" ? silent : error.what);
  }
}

function unseen(problem: string): Look {
  return { status: null, metrics: null, problem };
}
