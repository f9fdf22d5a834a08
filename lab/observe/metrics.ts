import type { RunningNode } from "../running/running-node.ts";
import { programLimitMs } from "./limit.ts";

/** How a packet travelled: direct_ipv4, direct_ipv6, derp, peer_relay_ipv4, peer_relay_ipv6. */
export type TrafficPath = string;

/** tailscaled's own counters since its start. */
export interface Metrics {
  inbound: Record<TrafficPath, Traffic>;
  outbound: Record<TrafficPath, Traffic>;
  /** Dropped packets by reason, such as acl. */
  droppedInbound: Record<string, number>;
  droppedOutbound: Record<string, number>;
}

export interface Traffic {
  bytes: number;
  packets: number;
}

/** Prometheus's text format, as `tailscale metrics print` writes it. */
export function parseMetrics(text: string): Metrics {
  const metrics: Metrics = { inbound: {}, outbound: {}, droppedInbound: {}, droppedOutbound: {} };
  for (const line of text.split("\n")) {
    const sample = /^tailscaled_(\w+?)_total\{(.*)\} (\S+)$/.exec(line);
    if (sample === null) continue;
    const [, name = "", labels = "", number = ""] = sample;
    const label = (key: string) => new RegExp(`${key}="([^"]*)"`).exec(labels)?.[1] ?? "";
    const counter = /^(in|out)bound_(bytes|packets|dropped_packets)$/.exec(name);
    if (counter === null) continue;
    const value = Number(number);
    const isInbound = counter[1] === "in";
    if (counter[2] === "dropped_packets") {
      (isInbound ? metrics.droppedInbound : metrics.droppedOutbound)[label("reason")] = value;
    } else {
      const byPath = isInbound ? metrics.inbound : metrics.outbound;
      const traffic = byPath[label("path")] ?? { bytes: 0, packets: 0 };
      byPath[label("path")] = { ...traffic, [counter[2] ?? ""]: value };
    }
  }
  return metrics;
}

export async function metricsOf(node: RunningNode): Promise<Metrics> {
  return parseMetrics(
    await node.output(["tailscale", "metrics", "print"], {
      timeoutMs: programLimitMs,
    }),
  );
}
