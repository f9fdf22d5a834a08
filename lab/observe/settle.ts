import { Readable } from "node:stream";
import { LabError } from "../errors.ts";
import type { RunningNode } from "../running/running-node.ts";
import type { InspectedPair, PairEnd } from "./pairs.ts";
import { type PingResult, pingPeers } from "./ping.ts";

/** Nodes that ping together: each is a process of the engine's. */
const concurrency = 8;

/** The same pairs, each pinged until it has a direct path, or eight times: what is down or unknown stays as it is. */
export async function settlePairs(
  pairs: readonly InspectedPair[],
  ends: readonly PairEnd[],
  nodes: readonly RunningNode[],
  signal: AbortSignal | undefined,
): Promise<InspectedPair[]> {
  const answering = new Map(
    ends.filter(({ status }) => status !== null).map((end) => [end.name, end]),
  );
  // One of the two directions tells the path of both.
  const asked = pairs
    .filter(({ from, to }, index) => {
      const other = pairs.findIndex((pair) => pair.from === to && pair.to === from);
      return other === -1 || index < other;
    })
    .map((pair) => (answering.has(pair.from) ? pair : { ...pair, from: pair.to, to: pair.from }));
  const pinged = Map.groupBy(
    asked.filter(({ state, from }) => state !== "down" && answering.has(from)),
    ({ from }) => from,
  );
  const settled = new Map<InspectedPair, InspectedPair>();
  await Readable.from(pinged).forEach(
    async ([from, own]: [string, InspectedPair[]]) => {
      const node = nodes.find(({ name }) => name === from);
      const status = answering.get(from)?.status;
      const addressOf = (to: string) =>
        status?.peers.find(({ name }) => name === to)?.addresses[0] ?? "";
      if (node === undefined) return;
      const results = await pingPeers(
        node,
        own.map(({ to }) => addressOf(to)),
        { signal },
      ).catch((error: unknown) => {
        if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
        return error;
      });
      for (const pair of own) {
        const problem = results instanceof LabError ? `${from}: ${results.what}` : undefined;
        const result = results instanceof LabError ? undefined : results.get(addressOf(pair.to));
        settled.set(
          pair,
          problem === undefined
            ? withPing(pair, result)
            : { ...pair, state: "unknown", path: null, via: null, reason: problem },
        );
      }
    },
    { concurrency },
  );
  return asked.map((pair) => settled.get(pair) ?? pair);
}

/** A peer that went away meanwhile is one that does not answer. */
function withPing(pair: InspectedPair, result: PingResult | undefined): InspectedPair {
  const seen = result?.outcome === "answered" ? result.pongs.at(-1) : undefined;
  if (seen !== undefined) return { ...pair, ...seen, state: "answered" };
  const reason = result?.outcome === "error" ? result.output : null;
  return { ...pair, state: "no-answer", path: null, via: null, reason };
}
