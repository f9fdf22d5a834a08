import type { FaultKind } from "../fault-kind.ts";

export const lifeFaults: readonly FaultKind[] = [];
