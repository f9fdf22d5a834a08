import { engineCall } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import { failedPrefix, readyLine } from "../plan/plan.ts";
import { idleTimeout } from "./idle-timeout.ts";
import { rejectionIn } from "./policy.ts";
import type { RunningNode } from "./running-node.ts";

export interface ReadyOptions {
  /** Where the wait says how far it is. */
  detail?: (text: string) => void;
  /** How long nothing may move. A boot script's own limits are shorter, and say more. */
  idleMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Waits until every node has printed its ready line since its last start, by following their logs.
 * Throws NodeFailed, with the node's words, as soon as one gives up or ends; PolicyRejected, where control gives up so;
 * WaitTimedOut.
 */
export async function waitReady(
  nodes: readonly RunningNode[],
  { detail = () => {}, idleMs = 150_000, signal }: ReadyOptions = {},
): Promise<void> {
  const missing = new Set(nodes.map((node) => node.name));
  const lastLine = new Map<string, string>();
  const done = new AbortController();
  const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  const waitsFor = () =>
    [...missing].map((name) => `${name} (${lastLine.get(name) ?? "no output yet"})`).join(", ");
  using limit = idleTimeout(idleMs, "boot", waitsFor);
  const follow = async (node: RunningNode) => {
    await untilReady(node, stop, (line) => lastLine.set(node.name, line));
    if (stop.aborted) return;
    missing.delete(node.name);
    limit.moved(`${node.name} ready`);
    const ready = nodes.length - missing.size;
    const rest =
      missing.size > 0 && missing.size <= 4 ? `, not yet ${[...missing].join(", ")}` : "";
    detail(`${ready} of ${nodes.length} ready${rest}`);
  };
  try {
    await Promise.race([Promise.all(nodes.map(follow)), limit.timedOut]);
    signal?.throwIfAborted();
  } finally {
    done.abort();
  }
}

async function untilReady(
  node: RunningNode,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const { State } = await engineCall(node.container.inspect());
  const last: string[] = [];
  if (State.Running) {
    // Not since StartedAt: the engine notes it after the first lines may have been printed.
    const since = isNever(State.FinishedAt) ? {} : { since: State.FinishedAt };
    for await (const line of node.followLog({ ...since, signal })) {
      if (line === readyLine) return;
      if (line.startsWith(failedPrefix)) throw failed(node, line.slice(failedPrefix.length), last);
      onLine(line);
      last.push(line);
      if (last.length > 10) last.shift();
    }
    if (signal.aborted) return;
  }
  throw await ended(node, last);
}

/** Docker's moment for what has not happened. */
function isNever(moment: string): boolean {
  return moment.startsWith("0001-");
}

/** A node that does not run: its boot script's words where it has said why. */
async function ended(node: RunningNode, last: readonly string[]): Promise<LabError> {
  const { State } = await engineCall(node.container.inspect());
  const lines = last.length > 0 ? last : (await node.log({ tail: 10 })).trim().split("\n");
  const words = lines.findLast((line) => line.startsWith(failedPrefix));
  const others = lines.filter((line) => line !== words);
  const why = words?.slice(failedPrefix.length) ?? "";
  const how = State.OOMKilled ? "out of memory" : `exit code ${State.ExitCode}`;
  return failed(node, why || `it ended (${how}) ${State.Error}`.trim(), others);
}

function failed(node: RunningNode, why: string, last: readonly string[]): LabError {
  const rejection = rejectionIn(why);
  if (rejection !== undefined) return rejection;
  const tail = last.slice(-5).map((line) => `\n  | ${line}`);
  return new LabError("NodeFailed", `${why}${tail.join("")}`, {
    where: node.name,
    remedy: inotifyIsUsedUp([why, ...last])
      ? "take other labs down, or raise the limit as root on the engine's machine: sysctl -w fs.inotify.max_user_instances=1024"
      : `see all it said: tailnet-lab logs ${node.name}`,
  });
}

/** Headscale watches files, as each tailscaled does; of all containers together the kernel allows so many, often 128. */
function inotifyIsUsedUp(lines: readonly string[]): boolean {
  return lines.some((line) => /inotify.*too many open files/.test(line));
}
