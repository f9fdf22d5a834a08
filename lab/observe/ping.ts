import { LabError } from "../errors.ts";
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
  /** tailscaled refuses, in its words: no such peer, not logged in. */
  | { outcome: "error"; words: string };

/** `tailscale ping` has no JSON: `pong from phone (100.64.0.2) via 198.18.3.4:41641 in 12ms`. */
export function parsePing(text: string): PingResult {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pongs = lines.flatMap((line) => {
    const match = /^pong from .+ \(.+\) via (.+) in (\S+)$/.exec(line);
    return match === null
      ? []
      : [{ ...pathOf(match[1] ?? ""), latencyMs: goDurationMs(match[2] ?? "") }];
  });
  if (pongs.length > 0) return { outcome: "answered", pongs };
  if (lines.some((line) => /is local Tailscale IP/.test(line))) return { outcome: "self" };
  if (lines.some((line) => /^no reply$|timed out$/.test(line))) return { outcome: "no-reply" };
  return { outcome: "error", words: lines.join("\n") };
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

/**
 * Pings a peer until a direct path answers, eight times at most where `count` does not say otherwise, one second apart. Disco packets: they
 * tell the path, and pass beside the policy.
 */
export async function pingPeer(
  node: RunningNode,
  target: string,
  { count = mostPings, signal }: { count?: number; signal?: AbortSignal | undefined } = {},
): Promise<PingResult> {
  const { stdout, stderr } = await node.exec([...pingCommand(count), target], { signal });
  return parsePing(`${stdout}\n${stderr}`);
}

function pingCommand(count: number): string[] {
  return ["tailscale", "ping", `--c=${count}`, "--timeout=2s"];
}

/** Pings several peers at once, in one process of the engine's. By target. */
export async function pingPeers(
  node: RunningNode,
  targets: readonly string[],
  { count = mostPings, signal }: { count?: number; signal?: AbortSignal | undefined } = {},
): Promise<Map<string, PingResult>> {
  if (targets.length === 0) return new Map();
  // One printf writes a target's lines together, so that those of others do not come between.
  const one = `out=$(${pingCommand(count).join(" ")} "$0" 2>&1); printf '${heading}%s\\n%s\\n' "$0" "$out"`;
  const all = `printf '%s\\n' "$@" | xargs -P ${atOnce} -n 1 sh -c "$PING_ONE"`;
  const text = await node.output(["sh", "-c", all, "sh", ...targets], {
    signal,
    env: { PING_ONE: one },
  });
  const results = new Map<string, PingResult>();
  for (const section of text.split(heading).slice(1)) {
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
    result.outcome === "self" ? "that is the node itself" : `tailscale ping: ${result.words}`;
  throw new LabError("NodeFailed", what, {
    where: `${from} to ${to}`,
    remedy: "ping another node; the policy must let the two see each other (`tailnet-lab inspect`)",
  });
}
