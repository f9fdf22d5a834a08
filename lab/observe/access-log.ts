import { logPrefix } from "../plan/services.ts";
import type { RunningNode } from "../running/running-node.ts";

/** A caller as a service saw it. */
export interface AccessLogEntry {
  service: string;
  port: number;
  /** The caller's address; IPv6 without brackets, as tailscaled writes it. */
  from: string;
}

/** The lines by which services say whom they saw: `tailnet-lab: http:80 saw 100.64.0.1:4711`. */
export function parseAccessLog(log: string): AccessLogEntry[] {
  return log.split("\n").flatMap((line) => {
    if (!line.startsWith(logPrefix)) return [];
    const match = /^([a-z-]+):(\d+) saw (.+):\d+$/.exec(line.slice(logPrefix.length));
    if (match === null) return [];
    const [, service = "", port, from = ""] = match;
    return [{ service, port: Number(port), from }];
  });
}

/** All that the node's services have seen since a moment, such as `2026-01-02T03:04:05.678Z`. */
export async function accessLogOf(node: RunningNode, since?: string): Promise<AccessLogEntry[]> {
  return parseAccessLog(await node.log(since === undefined ? {} : { since }));
}
