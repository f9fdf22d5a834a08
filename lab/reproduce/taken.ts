import type { Observation } from "../evidence/observation.ts";
import type { Seen } from "./facts.ts";
import { from } from "./from.ts";

/** A part of an observation, and where it was seen. */
export function taken<Output, Value>(
  observation: Observation<Output> | undefined,
  take: (value: Output) => Value | undefined,
): Seen<Value> | undefined {
  if (observation === undefined || observation.kind === "unseen") return undefined;
  const value = take(observation.value);
  return value === undefined ? undefined : { value, from: from(observation.evidence) };
}

/** The first that there is. */
export function first<Value>(all: readonly (Value | undefined)[]): Value | undefined {
  return all.find((each) => each !== undefined);
}

type Defined<Facts> = { [Key in keyof Facts]: Exclude<Facts[Key], undefined> };

/** Without what was not seen. */
export function definedOnly<Facts extends object>(facts: Facts): Partial<Defined<Facts>> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<Facts>>;
}
