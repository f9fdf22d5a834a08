import { Address4 } from "ip-address";
import { LabError } from "../errors.ts";
import { label } from "../plan/plan.ts";
import { type Engine, engineCall } from "./engine.ts";
import { acquireLock, type Lock } from "./lock.ts";

/** A run of free /24 networks in 198.19.0.0/16, held until its networks are on the engine. */
export interface SubnetReservation extends AsyncDisposable {
  /** The first one's number: 0 to 255. */
  first: number;
}

/** The pool is 198.19.0.0/16, the half of RFC 2544's range that the simulated internet leaves. */
const poolStart = Number(new Address4("198.19.0.0").bigInt());
const blockSize = 256;
const blocks = 256;

/**
 * Claims `count` /24 networks in a row that no network of the engine overlaps and no other process
 * of this machine has claimed.
 * @param kept what a lab has already: taken again if it still suffices.
 * @throws LabError `PoolExhausted`, `EngineLost`.
 */
export async function reserveSubnets(
  engine: Engine,
  count: number,
  kept?: { first: number; lab: string; run: string },
): Promise<SubnetReservation> {
  if (kept !== undefined && kept.first + count <= blocks) {
    const claimed = await reserveRun(engine, kept.first, count, (labels) => {
      return labels[label.lab] === kept.lab && labels[label.run] === kept.run;
    });
    if (claimed !== undefined) return claimed;
  }
  const used = await usedBlocks(engine);
  for (let first = 0; first + count <= blocks; first++) {
    if (overlaps(used, first, count)) continue;
    const claimed = await reserveRun(engine, first, count);
    if (claimed !== undefined) return claimed;
  }
  throw new LabError(
    "PoolExhausted",
    `no ${count} of the ${blocks} networks in 198.19.0.0/16 are free in a row`,
    {
      where: "198.19.0.0/16",
      remedy: "take labs down that are not needed: `tailnet-lab down LAB`, or `tailnet-lab clean`",
    },
  );
}

/** @returns undefined where another process has one of them, or the engine uses one by now. */
async function reserveRun(
  engine: Engine,
  first: number,
  count: number,
  isOwn?: (labels: Record<string, string>) => boolean,
): Promise<SubnetReservation | undefined> {
  await using locks = new AsyncDisposableStack();
  for (let block = first; block < first + count; block++) {
    const answer = await acquireLock(`pool/${block}`, "starts a lab");
    if ("holder" in answer) return undefined;
    locks.use<Lock>(answer.lock);
  }
  // Whoever held the lock before has made its networks before it let go.
  if (overlaps(await usedBlocks(engine, isOwn), first, count)) return undefined;
  const held = locks.move();
  return { first, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Numbers of the /24 networks that a network of the engine overlaps. */
async function usedBlocks(
  engine: Engine,
  isOwn: (labels: Record<string, string>) => boolean = () => false,
): Promise<Set<number>> {
  const used = new Set<number>();
  for (const network of await engineCall(engine.listNetworks())) {
    if (isOwn(network.Labels ?? {})) continue;
    for (const { Subnet } of network.IPAM?.Config ?? []) {
      if (Subnet === undefined || !Address4.isValid(Subnet)) continue;
      const subnet = new Address4(Subnet);
      const from = Number(subnet.startAddress().bigInt()) - poolStart;
      const to = Number(subnet.endAddress().bigInt()) - poolStart;
      const last = Math.min(blocks - 1, Math.floor(to / blockSize));
      for (let block = Math.max(0, Math.floor(from / blockSize)); block <= last; block++) {
        used.add(block);
      }
    }
  }
  return used;
}

function overlaps(used: ReadonlySet<number>, first: number, count: number): boolean {
  for (let block = first; block < first + count; block++) if (used.has(block)) return true;
  return false;
}
