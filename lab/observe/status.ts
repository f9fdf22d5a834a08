import type { RunningNode } from "../running/running-node.ts";
import { parseStatus, type TailnetStatus } from "../running/status.ts";
import { programLimitMs } from "./limit.ts";

export async function statusOf(node: RunningNode, signal?: AbortSignal): Promise<TailnetStatus> {
  const argv = ["tailscale", "status", "--json"];
  return parseStatus(await node.output(argv, { timeoutMs: programLimitMs, signal }));
}
