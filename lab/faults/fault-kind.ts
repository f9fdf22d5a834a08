import type { RunningLab } from "../running/running-lab.ts";
import type { Fault, FaultName, FaultOf } from "../topology/faults.ts";
import type { FaultStep } from "./step.ts";

interface Described<Kind extends FaultName> {
  kind: Kind;
  /**
   * The fields that the arguments of `tailnet-lab fault add KIND` fill, in order: a tuple or an object takes as many
   * as it has items, a list all that follow. Other fields are set by `--set key=value`.
   */
  targets: readonly Exclude<keyof FaultOf<Kind> & string, "kind">[];
  /** What must be there for it, in words. */
  needs: string;
  /** The arguments after `tailnet-lab fault add`, for the help and the docs. */
  example: string;
}

/** A fault that stays until it is cleared. */
export interface LastingKind<Kind extends FaultName> extends Described<Kind> {
  /**
   * What it does, machine by machine; changes nothing itself. The names that the fault refers to are there.
   * @throws LabError where the lab lacks what it needs
   */
  steps(lab: RunningLab, fault: FaultOf<Kind>): FaultStep[] | Promise<FaultStep[]>;
}

/** A fault that is over when `act` resolves: it leaves no record, and nothing to clear. */
export interface MomentaryKind<Kind extends FaultName> extends Described<Kind> {
  act(lab: RunningLab, fault: FaultOf<Kind>): Promise<void>;
}

/** A kind whose fields are known by its name alone. */
export type FaultKind =
  | (Omit<LastingKind<FaultName>, "steps" | "targets"> & {
      targets: readonly string[];
      steps(lab: RunningLab, fault: Fault): FaultStep[] | Promise<FaultStep[]>;
    })
  | (Omit<MomentaryKind<FaultName>, "act" | "targets"> & {
      targets: readonly string[];
      act(lab: RunningLab, fault: Fault): Promise<void>;
    });

/** Declares one kind, for the list of its family. */
export function lasting<Kind extends FaultName>(kind: LastingKind<Kind>): FaultKind {
  return kind as unknown as FaultKind;
}

export function momentary<Kind extends FaultName>(kind: MomentaryKind<Kind>): FaultKind {
  return kind as unknown as FaultKind;
}
