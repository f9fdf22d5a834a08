import type { FaultKind } from "../fault-kind.ts";

export const impairments: readonly FaultKind[] = [];
