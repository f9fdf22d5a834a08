import { Readable } from "node:stream";
import type { RunningNode } from "../running/running-node.ts";
import { type ReachOptions, type ReachResult, reachAll, type Target } from "./connect.ts";

/** More at once take longer: what limits is the processor, not the waiting. */
const sourcesAtOnce = 8;

/** One connection to make between two nodes. */
export interface Cell {
  from: RunningNode;
  /** The other node's name. */
  to: string;
  target: Target;
}

/**
 * Many connections among many nodes, one process of the engine's for each source; results in the
 * cells' order. In two halves, so that no two nodes open their tunnel to each other at the same
 * moment: of two WireGuard handshakes that cross, one is lost and tried again only after 5 s.
 */
export async function reachMatrix(
  cells: readonly Cell[],
  options?: ReachOptions,
): Promise<ReachResult[]> {
  const results = new Map<Cell, ReachResult>();
  for (const half of [
    cells.filter((cell) => cell.from.name < cell.to),
    cells.filter((cell) => cell.from.name >= cell.to),
  ]) {
    const sources = Map.groupBy(half, (cell) => cell.from);
    await Readable.from(sources).forEach(
      async ([from, own]: [RunningNode, Cell[]]) => {
        const targets = own.map((cell) => cell.target);
        for (const [index, result] of (await reachAll(from, targets, options)).entries()) {
          const cell = own[index];
          if (cell !== undefined) results.set(cell, result);
        }
      },
      { concurrency: sourcesAtOnce },
    );
  }
  return cells.flatMap((cell) => results.get(cell) ?? []);
}
