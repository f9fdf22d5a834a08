import type { TailscaleObservations } from "../evidence/observations.ts";
import { nodeKeyOf } from "../evidence/where.ts";
import type { Seen } from "./facts.ts";
import { labelOf, selfOf } from "./own-facts.ts";
import { taken } from "./taken.ts";

/** Machines that have another's node key, each with an address of that other; who has its name is the original. */
export function clones(
  captured: readonly TailscaleObservations[],
): Map<TailscaleObservations, Seen<string>> {
  const keyOf = (machine: TailscaleObservations) => nodeKeyOf(machine) ?? machine;
  return new Map(
    [...Map.groupBy(captured, keyOf).values()].flatMap((same) => {
      const isNamed = (each: TailscaleObservations) =>
        labelOf(selfOf(each)?.dnsName) === each.machine.name;
      const original = same.find(isNamed) ?? same[0];
      return same
        .filter((each) => each !== original)
        .flatMap((each) => {
          const address = taken(each.status, ({ self }) => self?.addresses[0]);
          return address === undefined ? [] : [[each, address] as const];
        });
    }),
  );
}
