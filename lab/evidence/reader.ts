import { type Observation, seenValue } from "./observation.ts";
import type { Observations } from "./observations.ts";

/** Observations, and how a value is read of one: who reads may note what could not be had. */
export interface Reader {
  observations: Observations;
  /** The value; undefined where it could not be had. */
  read<Value>(observation: Observation<Value> | undefined): Value | undefined;
}

/** Reads without noting anything. */
export function readerOf(observations: Observations): Reader {
  return { observations, read: seenValue };
}

/** A line of evidence: what was run where, and the words of it that count. */
export interface SeenLine {
  node: string;
  command: string;
  line: string;
}
