import { Readable } from "node:stream";
import { LabError } from "../errors.ts";
import type { RunningNode } from "../running/running-node.ts";
import { type ReachOptions, tryAll } from "./connect.ts";
import type { ReachResult, Target } from "./outcome.ts";

/** More at once take longer: what limits is the processor, not the waiting. */
const sourcesAtOnce = 8;

/** One connection to make between two nodes. */
export interface Connection {
  from: RunningNode;
  /** The other node's name. */
  to: string;
  target: Target;
}

/**
 * Many connections among many nodes, one process of the engine's for each source. In the connections'
 * order: a result, or NodeFailed for a check that itself failed. In two halves, so that no two nodes open
 * their tunnel to each other at the same moment: of two WireGuard handshakes that cross, one is lost and
 * tried again only after 5 s.
 */
export async function reachMatrix(
  connections: readonly Connection[],
  options?: ReachOptions,
): Promise<(ReachResult | LabError)[]> {
  const results = new Map<Connection, ReachResult | LabError>();
  for (const half of [
    connections.filter(({ from, to }) => from.name < to),
    connections.filter(({ from, to }) => from.name >= to),
  ]) {
    const sources = Map.groupBy(half, ({ from }) => from);
    await Readable.from(sources).forEach(
      async ([from, own]: [RunningNode, Connection[]]) => {
        const targets = own.map(({ target }) => target);
        const all = await tryAll(from, targets, options).catch((error: unknown) => {
          if (!(error instanceof LabError)) throw error;
          return own.map(() => error);
        });
        for (const [index, connection] of own.entries()) {
          const result = all[index];
          if (result !== undefined) results.set(connection, result);
        }
      },
      { concurrency: sourcesAtOnce },
    );
  }
  return connections.map((connection) => {
    const result = results.get(connection);
    if (result === undefined) throw new Error(`no result for ${connection.target.host}`);
    return result;
  });
}
