import { LabError } from "../../../lab/errors.ts";
import { reachMatrix } from "../../../lab/observe/matrix.ts";
import { isReached, type Protocol, type ReachResult } from "../../../lab/observe/outcome.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import { describe } from "./reach.ts";
import { type By, hostsOf, serviceOn } from "./target.ts";
import type { MatcherResult } from "./verdict.ts";

/** One connection of a matrix. */
export interface Cell {
  from: RunningNode;
  to: RunningNode;
  by: By;
  protocol: Protocol;
  /** Absent for ICMP. */
  port?: number;
}

export interface CellsExpectation {
  /** Whole seconds an answer may take. */
  seconds?: number;
}

/** Every cell's service answers. All are asked at once; a failure names all cells that failed. */
export function toAllBeReached(
  cells: readonly Cell[],
  // As long as the processes of a whole matrix may take to get processor time.
  { seconds = 20 }: CellsExpectation = {},
): Promise<MatcherResult> {
  return onAll(cells, seconds, "reached", isReached);
}

/** No cell's service answers, nor does anybody say no. A proof only beside `toBeDenied`, which knows the cause. */
export function toAllMeetSilence(
  cells: readonly Cell[],
  { seconds = 2 }: CellsExpectation = {},
): Promise<MatcherResult> {
  return onAll(cells, seconds, "silence", ({ outcome }) => outcome === "timeout");
}

async function onAll(
  cells: readonly Cell[],
  seconds: number,
  expected: string,
  isRight: (seen: ReachResult) => boolean,
): Promise<MatcherResult> {
  const results = await askAll(cells, seconds);
  const wrong = results.filter(({ seen }) => !isRight(seen));
  const lines = wrong.map(
    ({ cell, seen }) => `${describe(cell.from, cell.to, cell)}: ${seen.outcome} (${seen.output})`,
  );
  return {
    pass: wrong.length === 0,
    message: () =>
      `${cells.length} connections at once\nexpected: ${expected}, each of them\nseen:     ${wrong.length} otherwise\n  ${lines.join("\n  ")}`,
    asked: wrong[0]?.cell,
  };
}

/** One result a cell, in their order. Throws NodeFailed where a check itself failed. */
async function askAll(
  cells: readonly Cell[],
  seconds: number,
): Promise<{ cell: Cell; seen: ReachResult }[]> {
  const hosts = await hostsOf(cells.map(({ to, by }) => ({ target: to, by })));
  const connections = cells.map(({ from, to, protocol, port }, index) => ({
    from,
    to: to.name,
    target: {
      host: hosts[index] ?? "",
      protocol,
      ...(port === undefined ? {} : { port }),
      service: serviceOn(to, protocol, port),
    },
  }));
  const results = await reachMatrix(connections, { seconds });
  return cells.map((cell, index) => {
    const seen = results[index];
    if (seen instanceof LabError) throw seen;
    if (seen === undefined) throw new Error(`no result for ${describe(cell.from, cell.to, cell)}`);
    return { cell, seen };
  });
}
