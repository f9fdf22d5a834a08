import { program } from "../plan/programs.ts";
import type { RunningNode } from "../running/running-node.ts";
import { probeFailed } from "./outcome.ts";

const transferProgram = program("transfer.pl");

/** Nothing moved for that long: it stalls. */
const stallSeconds = 5;
/** What moves, but is not done by then, is slow. */
const limitSeconds = 20;
/** Below this it is slow: an eighth of what a relayed transfer has in a lab on two busy cores. */
export const slowBelowKbit = 2000;

/** How a transfer ended; one that could not begin has the error's name, such as ECONNREFUSED. */
export type Transfer =
  | { outcome: "fast" | "slow"; kbitPerSecond: number }
  | { outcome: "stalls"; receivedKilobytes: number }
  | { outcome: "closed" }
  | { outcome: "no-connection"; error: string };

/** Sends kilobytes to a TCP echo service, reads them back, and tells the rate. Throws NodeFailed where that itself failed. */
export async function transfer(
  node: RunningNode,
  { host, port, kilobytes }: { host: string; port: number; kilobytes: number },
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Transfer> {
  const words = [host, port, kilobytes * 1000, stallSeconds, limitSeconds].map(String);
  const { stdout, stderr, exitCode } = await node.exec(
    ["perl", "-e", transferProgram, "--", ...words],
    { env: { LC_ALL: "C" }, timeoutMs: (limitSeconds + stallSeconds) * 1000 + 30_000, signal },
  );
  if (exitCode !== 0) throw probeFailed(node.name, stderr.trim() || `it ended with ${exitCode}`);
  return parseTransfer(node.name, stdout);
}

/** The line that `transfer.pl` prints. */
export function parseTransfer(from: string, line: string): Transfer {
  const [how = "", value = "", ms = ""] = line.trim().split(" ");
  // A rate is that of what came back; as much has gone.
  const kbitPerSecond = Math.round((Number(value) * 8) / Math.max(1, Number(ms)));
  switch (how) {
    case "done":
      return { outcome: kbitPerSecond < slowBelowKbit ? "slow" : "fast", kbitPerSecond };
    case "unfinished":
      return { outcome: "slow", kbitPerSecond };
    case "stalled":
      return { outcome: "stalls", receivedKilobytes: Math.round(Number(value) / 1000) };
    case "closed":
      return { outcome: "closed" };
    case "errno":
      return { outcome: "no-connection", error: value };
    default:
      throw probeFailed(from, `it printed ${JSON.stringify(line)}`);
  }
}
