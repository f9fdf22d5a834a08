import { Address4 } from "ip-address";
import { LabError } from "../errors.ts";
import { label } from "../plan/plan.ts";
import { type Engine, engineCall } from "./engine.ts";
import { acquireLock, type Lock } from "./lock.ts";

/** Docker's /24 networks in 198.19.0.0/16, one for each segment, held until the lab's networks are on the engine. */
export interface SubnetReservation extends AsyncDisposable {
  /** By segment: 0 to 255. */
  subnets: Record<string, number>;
}

/** The pool is 198.19.0.0/16, the half of RFC 2544's range that the simulated internet leaves. */
const poolStart = Number(new Address4("198.19.0.0").bigInt());
const subnetSize = 256;
const subnetCount = 256;

/**
 * Reserves a /24 network for each segment that no network of the engine overlaps and no other process of
 * this machine has reserved.
 * @param kept what a lab has already: taken again where nobody else has it by now.
 * @throws LabError `PoolExhausted`, `EngineLost`.
 */
export async function reserveSubnets(
  engine: Engine,
  segments: readonly string[],
  kept?: { subnets: Readonly<Record<string, number>>; lab: string; run: string },
): Promise<SubnetReservation> {
  const isOwn = (labels: Record<string, string>) =>
    kept !== undefined && labels[label.lab] === kept.lab && labels[label.run] === kept.run;
  await using locks = new AsyncDisposableStack();
  const reserved = new Map<string, number>();
  const reserve = async (segment: string, subnet: number): Promise<boolean> => {
    const answer = await acquireLock(await subnetLock(engine, subnet), "starts a lab");
    if ("holder" in answer) return false;
    // Whoever held the lock before has made its networks before it let go.
    const isFree = !(await usedSubnets(engine, isOwn)).all.has(subnet);
    if (isFree) {
      locks.use<Lock>(answer.lock);
      reserved.set(segment, subnet);
    } else {
      await answer.lock[Symbol.asyncDispose]();
    }
    return isFree;
  };
  const { others, all } = await usedSubnets(engine, isOwn);
  const keeps = Object.entries(kept?.subnets ?? {});
  for (const [segment, subnet] of keeps) {
    if (!segments.includes(segment) || others.has(subnet)) continue;
    // What the lab's own network has, nobody else can get.
    if (all.has(subnet)) reserved.set(segment, subnet);
    else await reserve(segment, subnet);
  }
  // What the lab had for others of its segments is free only when their networks are gone.
  const leftOver = new Set(keeps.map(([, subnet]) => subnet));
  let next = 0;
  for (const segment of segments) {
    while (!reserved.has(segment)) {
      while (all.has(next) || leftOver.has(next)) next += 1;
      if (next >= subnetCount) throw exhausted(segments.length);
      await reserve(segment, next);
      next += 1;
    }
  }
  const held = locks.move();
  return {
    subnets: Object.fromEntries(reserved),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Engines' ids, each asked for once. */
const ids = new WeakMap<Engine, Promise<string>>();

/** The name of the lock of a subnet: subnets are an engine's, and locks the machine's. */
export async function subnetLock(engine: Engine, subnet: number): Promise<string> {
  const id = ids.get(engine) ?? engineCall(engine.info()).then(({ ID }) => String(ID));
  ids.set(engine, id);
  return `pool/${await id}/${subnet}`;
}

function exhausted(count: number): LabError {
  return new LabError(
    "PoolExhausted",
    `no ${count} of the ${subnetCount} networks in 198.19.0.0/16 are free`,
    {
      where: "198.19.0.0/16",
      remedy: "take labs down that are not needed: `tailnet-lab down LAB`, or `tailnet-lab clean`",
    },
  );
}

/** Numbers of the /24 networks that networks of the engine overlap: all, and those of others alone. */
async function usedSubnets(
  engine: Engine,
  isOwn: (labels: Record<string, string>) => boolean,
): Promise<{ others: Set<number>; all: Set<number> }> {
  const others = new Set<number>();
  const all = new Set<number>();
  for (const network of await engineCall(engine.listNetworks())) {
    for (const { Subnet } of network.IPAM?.Config ?? []) {
      if (Subnet === undefined || !Address4.isValid(Subnet)) continue;
      const subnet = new Address4(Subnet);
      const from = Number(subnet.startAddress().bigInt()) - poolStart;
      const to = Number(subnet.endAddress().bigInt()) - poolStart;
      const last = Math.min(subnetCount - 1, Math.floor(to / subnetSize));
      for (let number = Math.max(0, Math.floor(from / subnetSize)); number <= last; number++) {
        all.add(number);
        if (!isOwn(network.Labels ?? {})) others.add(number);
      }
    }
  }
  return { others, all };
}
