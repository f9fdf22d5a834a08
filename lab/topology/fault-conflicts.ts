import type { Fault } from "./faults.ts";

/** Kinds of which one machine can't have both: a logout of a clone is that of the other node too. */
const aboutLogin: readonly Fault["kind"][] = ["cloned-state", "logged-out"];

/** Which of these faults makes another one senseless; undefined where none does. */
export function conflicting<Other extends Fault>(
  faults: readonly Other[],
  fault: Fault,
): Other | undefined {
  if (!aboutLogin.includes(fault.kind) || !("node" in fault)) return undefined;
  return faults.find(
    (other) =>
      aboutLogin.includes(other.kind) &&
      other.kind !== fault.kind &&
      "node" in other &&
      other.node === fault.node,
  );
}

/** In words, of the machine that both are about. */
export function conflictText(node: string, other: Fault): string {
  return other.kind === "cloned-state"
    ? `${node} runs with another node's state: its logout would be that of both`
    : `${node} is logged out: with another node's state it would be logged in`;
}
