import { ZodError } from "zod";
import { type Evidence, isMissing, type Missing } from "./evidence.ts";

/** What a command's output says, or why it could not be had. */
export type Observation<Value> = Seen<Value> | Unseen;

export interface Seen<Value> {
  kind: "seen";
  value: Value;
  evidence: Evidence;
  /** Where several commands show it together: what could not be had, so that the value may lack something. */
  unseen?: readonly Unseen[];
}

export interface Unseen {
  kind: "unseen";
  node: string;
  argv: readonly string[];
  /** In a few words. */
  why: string;
  /** Nobody asked: that it was not seen says nothing. */
  isUnasked?: boolean;
  /** The machine does not run, or stands still. */
  isDown?: boolean;
  /** Something was kept of it, that is not its output. */
  isUnread?: boolean;
  /** Where it ran, and said something else. */
  evidence?: Evidence;
}

/** The value; undefined where it could not be had. */
export function seenValue<Value>(observation: Observation<Value> | undefined): Value | undefined {
  return observation?.kind === "seen" ? observation.value : undefined;
}

/** Why a value may not be all there is; undefined where it is all. */
export function gapOf(observation: Observation<unknown>): Unseen | undefined {
  return observation.kind === "unseen" ? observation : observation.unseen?.[0];
}

/** A program's output, read. What can't be read is unseen, as is what a failed program printed. */
export function observe<Value>(
  evidence: Evidence | Missing,
  parse: (evidence: Evidence) => Value,
  { anyExitCode = false } = {},
): Observation<Value> {
  if (isMissing(evidence)) return { kind: "unseen", ...evidence };
  const { node, argv, exitCode, stdout, stderr } = evidence;
  const unseen = (why: string): Unseen => ({ kind: "unseen", node, argv, why, evidence });
  if (exitCode === null) return unseen("it did not end in time");
  if (exitCode !== 0 && !anyExitCode) {
    const words = (stderr.trim() || stdout.trim()).split("\n").at(-1);
    return unseen(words || `exit code ${exitCode}`);
  }
  try {
    return { kind: "seen", value: parse(evidence), evidence };
  } catch (error) {
    return unseen(`its output can't be read: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ZodError) {
    const [first] = error.issues;
    return first === undefined ? "" : `${first.path.join(".")}: ${first.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
