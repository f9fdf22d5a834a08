import { type Metrics, metricsOf } from "../../../lab/observe/metrics.ts";
import { lastPath, type Path, pingPeer } from "../../../lab/observe/ping.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import { hostOf } from "./target.ts";
import type { MatcherResult } from "./verdict.ts";

const packets = 50;
/** Pings a second apart: a direct path needs up to ten to be found; of a relay, five show that none is. */
const pings: Record<Path, number> = { direct: 10, "peer-relay": 10, derp: 5 };

/** Packets that left the node for the probe, by path. */
async function carried(from: RunningNode, host: string): Promise<Record<string, number>> {
  const before = await metricsOf(from);
  await from.output([
    "ping",
    "-q",
    "-c",
    String(packets),
    "-i",
    "0.01",
    "-s",
    "1000",
    "-W",
    "2",
    host,
  ]);
  const after = await metricsOf(from);
  return outboundRise(before, after);
}

function outboundRise(before: Metrics, after: Metrics): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after.outbound).flatMap(([path, traffic]) => {
      const rise = traffic.packets - (before.outbound[path]?.packets ?? 0);
      return rise > 0 ? [[path, rise]] : [];
    }),
  );
}

/**
 * Proves a path twice: by `tailscale ping`, and by the node's counters for real traffic, which
 * must rise on that path and on no other.
 */
async function onPath(
  from: RunningNode,
  target: RunningNode,
  path: Path,
  via: string | undefined,
): Promise<MatcherResult> {
  const host = await hostOf(target, "ipv4");
  const ping = lastPath(await pingPeer(from, host, { count: pings[path] }), from.name, target.name);
  const rise = await carried(from, host);
  const counters = Object.entries(rise);
  const isRight = (counter: string) => counter.startsWith(path.replace("-", "_"));
  const onIt = counters.filter(([counter]) => isRight(counter)).reduce((sum, [, n]) => sum + n, 0);
  const beside = counters.filter(([counter]) => !isRight(counter));
  const objections = [
    ...(ping?.path === path
      ? []
      : [`tailscale ping took ${ping?.path ?? "no path"} via ${ping?.via ?? "nothing"}`]),
    ...(via === undefined || ping?.via === via ? [] : [`it went via ${ping?.via}`]),
    ...(onIt >= packets ? [] : [`of ${packets} packets the counters saw ${onIt} on it`]),
    ...(beside.length === 0
      ? []
      : [`other paths carried packets: ${JSON.stringify(Object.fromEntries(beside))}`]),
  ];
  return {
    pass: objections.length === 0,
    message: () =>
      `${from.name} to ${target.name}\nexpected: path ${path}${via === undefined ? "" : ` via ${via}`}\nseen:     ${objections.join("\n          ") || `${ping?.path} via ${ping?.via}, counters ${JSON.stringify(rise)}`}`,
    asked: { from, to: target },
  };
}

export function toBeDirectTo(from: RunningNode, target: RunningNode): Promise<MatcherResult> {
  return onPath(from, target, "direct", undefined);
}

/** `via` is the DERP region's code. */
export function toBeRelayedTo(
  from: RunningNode,
  target: RunningNode,
  { via }: { via?: string } = {},
): Promise<MatcherResult> {
  return onPath(from, target, "derp", via);
}
