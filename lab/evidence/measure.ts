import { readPing, type Tried } from "./attempt.ts";
import type { Evidence, EvidenceSource } from "./evidence.ts";
import { observe } from "./observation.ts";
import type { Attempts, Measured, Observations, PingBurst } from "./observations.ts";

/** Small packets, far apart: what is lost of these is lost on any link. 40 in 0.6 s, 45 kbit/s. */
const slow = ["-c", "40", "-i", "0.015", "-s", "56"];
/** Large packets, close together: 120 kB in 0.2 s, 4.8 Mbit/s. */
const fast = ["-c", "100", "-i", "0.002", "-s", "1200"];

/**
 * How good the way to a target is that answers: loss, how much passes, and whether a direct path is found with more
 * patience. After the attempts, as it would disturb them; the tailnet's own pings may still be under way.
 */
export async function measure(
  source: EvidenceSource,
  seen: Observations,
  { attempts, disco }: Tried,
  signal: AbortSignal | undefined,
): Promise<Measured | undefined> {
  const { address, question } = attempts;
  const isAnswered = isPinged(attempts) || hasPong(await disco);
  if (address === null || !isAnswered) return undefined;
  const ping = async (options: readonly string[]) => {
    const argv = ["ping", "-q", "-n", "-W", "1", ...options, address];
    const evidence = await source.run(question.from, argv, {
      isSlow: true,
      timeoutMs: 8000,
      signal,
    });
    return observe(evidence, parseBurst, { anyExitCode: true });
  };
  const [small, patient] = await Promise.all([ping(slow), pingOn()]);
  return {
    slow: small,
    fast: await ping(fast),
    ...(patient === undefined ? {} : { disco: patient }),
  };

  /** A direct path may take longer than the first pings; asked only where both networks allow one. */
  async function pingOn(): Promise<Measured["disco"]> {
    const first = await disco;
    const { peer } = attempts;
    if (first?.kind !== "seen" || first.value.outcome !== "answered" || peer === undefined) {
      return undefined;
    }
    if (first.value.pongs.some(({ path }) => path !== "derp")) return undefined;
    // As they have told control: netcheck is still under way.
    const allow = [question.from, peer].every((name) => {
      const netmap = seen.tailscale.get(name)?.netmap;
      const network = netmap?.kind === "seen" ? netmap.value.self?.netInfo : undefined;
      return network !== undefined && network.udp !== false && network.mappingVaries !== true;
    });
    const target = first.evidence.argv.at(-1);
    if (!allow || target === undefined) return undefined;
    const argv = ["tailscale", "ping", "-c", "8", "--timeout", "2s", target];
    const evidence = await source.run(question.from, argv, {
      isSlow: true,
      timeoutMs: 20_000,
      signal,
    });
    return observe(evidence, readPing, { anyExitCode: true });
  }
}

/** By a ping of any size: on a link that loses some, those of one size may be lost by chance. */
function isPinged({ icmp, sizes = [] }: Tried["attempts"]): boolean {
  const pings = [icmp, ...sizes.map(({ result }) => result)];
  return pings.some((each) => each?.kind === "seen" && each.value.received > 0);
}

function hasPong(disco: Attempts["disco"]): boolean {
  return disco?.kind === "seen" && disco.value.outcome === "answered";
}

/** The summary of `ping -q`. */
function parseBurst({ stdout: text, stderr }: Evidence): PingBurst {
  const counts = /(\d+) packets transmitted, (\d+) received.*? time (\d+)ms/.exec(text);
  if (counts === null) throw new Error(stderr.trim() || text.trim() || "ping printed nothing");
  const average = /= [\d.]+\/([\d.]+)\//.exec(text)?.[1];
  return {
    sent: Number(counts[1]),
    received: Number(counts[2]),
    durationMs: Number(counts[3]),
    averageMs: average === undefined ? null : Number(average),
    line: text.split("\n").find((line) => line.includes("transmitted")) ?? "",
  };
}
