import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { LabError } from "../errors.ts";
import { idleTimeout } from "../running/idle-timeout.ts";
import type { RunningNode } from "../running/running-node.ts";

export type Path = "direct" | "peer-relay" | "derp";

/** The path by which a peer answered. */
export interface PathSeen {
  path: Path;
  /** The peer's address and port, the peer relay's address, port and VNI, or the DERP region's code. */
  via: string;
  latencyMs: number;
}

export type PingResult =
  /** In the order of the answers: the first may come by DERP while a direct path is being made. */
  | { outcome: "answered"; pongs: PathSeen[] }
  | { outcome: "no-reply" }
  /** The address is the node's own. */
  | { outcome: "self" }
  /** tailscaled refuses: no such peer, not logged in. */
  | { outcome: "error"; output: string };

/** `tailscale ping` has no JSON: `pong from phone (100.64.0.2) via 198.18.3.4:41641 in 12ms`. */
export function parsePing(output: string): PingResult {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const pongs = lines.flatMap((line) => parsePong(line) ?? []);
  if (pongs.length > 0) return { outcome: "answered", pongs };
  if (lines.some((line) => /is local Tailscale IP/.test(line))) return { outcome: "self" };
  if (lines.some((line) => /^no reply$|timed out$/.test(line))) return { outcome: "no-reply" };
  return { outcome: "error", output: lines.join("\n") || "it printed nothing" };
}

function parsePong(line: string): PathSeen | undefined {
  const match = /^pong from .+ \(.+\) via (.+) in (\S+)$/.exec(line);
  if (match === null) return undefined;
  return { ...pathOf(match[1] ?? ""), latencyMs: goDurationMs(match[2] ?? "") };
}

function pathOf(via: string): { path: Path; via: string } {
  const named = /^(DERP|peer-relay)\((.*)\)$/.exec(via);
  if (named === null) return { path: "direct", via };
  return { path: named[1] === "DERP" ? "derp" : "peer-relay", via: named[2] ?? "" };
}

/** Go prints durations such as 4ms, 1.052s, 1m2.5s, 0s. */
function goDurationMs(text: string): number {
  const unit: Record<string, number> = {
    h: 3_600_000,
    m: 60_000,
    s: 1000,
    ms: 1,
    µs: 1e-3,
    ns: 1e-6,
  };
  let total = 0;
  for (const [, number, name] of text.matchAll(/([\d.]+)(h|ms|m|s|µs|ns)/g)) {
    total += Number(number) * (unit[name ?? ""] ?? 0);
  }
  return total;
}

/** A path is found anew after a pause: endpoints older than 27 s are asked for again, which takes seconds. */
const mostPings = 8;
/** Each ping ends after 2 s, and begins 1 s after the last. */
const idleMs = 10_000;

/** One ping of several: a pong, or null where none came in time. */
export type PingReply = PathSeen | null;

export interface PingOptions {
  /** Pings at most. */
  count?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Pings a peer until a direct path answers, eight times at most where `count` does not say otherwise, one second
 * apart; `onReply` hears of each as it comes. Disco packets: they tell the path, and pass beside the policy.
 * Throws NodeFailed where tailscaled does not answer.
 */
export async function pingPeer(
  node: RunningNode,
  target: string,
  {
    count = mostPings,
    signal,
    onReply = () => {},
  }: PingOptions & { onReply?: (reply: PingReply) => void } = {},
): Promise<PingResult> {
  signal?.throwIfAborted();
  const process = await node.spawn([...pingCommand(count), target]);
  process.stdin.end();
  const stop = () => void process.kill().catch(() => {});
  signal?.addEventListener("abort", stop, { once: true });
  using limit = idleTimeout(idleMs, node.name, () => "tailscaled to answer `tailscale ping`");
  try {
    const lines: string[] = [];
    const stderr = text(process.stderr);
    const reading = (async () => {
      for await (const line of createInterface({ input: process.stdout })) {
        limit.moved(line);
        lines.push(line);
        const pong = parsePong(line);
        if (pong !== undefined) onReply(pong);
        else if (/^ping .* timed out$/.test(line)) onReply(null);
      }
      return parsePing([...lines, await stderr].join("\n"));
    })();
    const result = await Promise.race([reading, limit.timedOut]);
    signal?.throwIfAborted();
    return result;
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function pingCommand(count: number): string[] {
  return ["tailscale", "ping", `--c=${count}`, "--timeout=2s"];
}

/** Pings several peers at once, in one process of the engine's. By target. Throws NodeFailed, WaitTimedOut. */
export async function pingPeers(
  node: RunningNode,
  targets: readonly string[],
  { count = mostPings, signal }: PingOptions = {},
): Promise<Map<string, PingResult>> {
  if (targets.length === 0) return new Map();
  // One printf writes a target's lines together, so that those of others do not come between.
  const one = `out=$(${pingCommand(count).join(" ")} "$0" 2>&1); printf '${heading}%s\\n%s\\n' "$0" "$out"`;
  const all = `printf '%s\\n' "$@" | xargs -P ${atOnce} -n 1 sh -c "$PING_ONE"`;
  const output = await node.output(["sh", "-c", all, "sh", ...targets], {
    signal,
    env: { PING_ONE: one },
    timeoutMs: Math.ceil(targets.length / atOnce) * count * 3000 + idleMs,
  });
  const results = new Map<string, PingResult>();
  for (const section of output.split(heading).slice(1)) {
    const end = section.indexOf("\n");
    results.set(section.slice(0, end), parsePing(section.slice(end)));
  }
  return results;
}

const heading = "== target ";
/** Each ping is a process of 25 MiB. */
const atOnce = 16;

/** The last pong of a ping, or why there is none. */
export function lastPath(result: PingResult, from: string, to: string): PathSeen | undefined {
  if (result.outcome === "answered") return result.pongs.at(-1);
  if (result.outcome === "no-reply") return undefined;
  const what =
    result.outcome === "self" ? "that is the node itself" : `tailscale ping: ${result.output}`;
  throw new LabError("NodeFailed", what, {
    where: `${from} to ${to}`,
    remedy: "ping another node; the policy must let the two see each other (`tailnet-lab inspect`)",
  });
}
