import type { FaultKind } from "../fault-kind.ts";

export const pathFaults: readonly FaultKind[] = [];
