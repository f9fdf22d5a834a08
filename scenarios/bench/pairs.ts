import { LabError } from "../../lab/errors.ts";
import { type Connection, reachMatrix } from "../../lab/observe/matrix.ts";
import { isReached, type ReachResult } from "../../lab/observe/outcome.ts";
import { statusOf } from "../../lab/observe/status.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";

/** What became of many pairs. */
export interface PairsReached {
  pairs: number;
  reached: number;
  /** By the first attempt: how long all of them took, in seconds. */
  seconds: number;
  /** Reached by a second attempt only, such as `client-3 → client-7: timeout` at the first. */
  secondTry: string[];
  /** Reached by neither, with the second outcome. */
  missed: string[];
}

/** An echo is answered at once; a first handshake among many that cross takes 5 s more. */
const limit = { seconds: 20 };

/** All connections once; those that fail once more, alone. A check that failed counts as a pair not reached. */
export async function reachPairs(
  connections: readonly Connection[],
  ask: typeof reachMatrix = reachMatrix,
): Promise<PairsReached> {
  const start = performance.now();
  const first = await ask(connections, limit);
  const seconds = (performance.now() - start) / 1000;
  const failed = connections.flatMap((connection, index) => {
    const result = first[index];
    return hasReached(result) ? [] : [{ connection, before: describe(connection, result) }];
  });
  const second = await ask(
    failed.map(({ connection }) => connection),
    limit,
  );
  const secondTry: string[] = [];
  const missed: string[] = [];
  for (const [index, { connection, before }] of failed.entries()) {
    const result = second[index];
    if (hasReached(result)) secondTry.push(before);
    else missed.push(describe(connection, result));
  }
  return {
    pairs: connections.length,
    reached: connections.length - missed.length,
    seconds,
    secondTry,
    missed,
  };
}

function hasReached(result: ReachResult | LabError | undefined): boolean {
  return result !== undefined && !(result instanceof LabError) && isReached(result);
}

function describe({ from, to }: Connection, result: ReachResult | LabError | undefined): string {
  const what =
    result === undefined
      ? "no result"
      : result instanceof LabError
        ? result.what
        : `${result.outcome}${result.detail === "" ? "" : ` (${result.detail})`}`;
  return `${from.name} → ${to}: ${what}`;
}

/** Each client to each other that serves TCP, on that port; `most` of them, taken at random, where it is given. */
export async function connectionsOf(
  clients: readonly RunningNode[],
  most = Number.POSITIVE_INFINITY,
): Promise<Connection[]> {
  const addresses = new Map<string, string>();
  // One netmap holds all: everyone sees everyone in a lab that is measured.
  for (const client of clients.slice(0, 2)) {
    for (const peer of (await statusOf(client)).peers) {
      addresses.set(peer.name, peer.addresses[0] ?? "");
    }
  }
  const all = clients.flatMap((from) =>
    clients.flatMap((to) => {
      const service = to.spec.services.find(({ kind }) => kind === "tcp-echo" || kind === "http");
      const host = addresses.get(to.name);
      if (to === from || service === undefined) return [];
      if (host === undefined) throw new Error(`${to.name} is in nobody's netmap`);
      const { port, kind } = service;
      return [
        { from, to: to.name, target: { host, port, protocol: "tcp" as const, service: kind } },
      ];
    }),
  );
  return sample(all, most);
}

/** So many of them, each as likely as the others. */
export function sample<T>(all: readonly T[], most: number): T[] {
  const left = [...all];
  if (left.length <= most) return left;
  // Fisher and Yates, from the front, as far as it is needed.
  for (let index = 0; index < most; index += 1) {
    const other = index + Math.floor(Math.random() * (left.length - index));
    [left[index], left[other]] = [left[other] as T, left[index] as T];
  }
  return left.slice(0, most);
}
