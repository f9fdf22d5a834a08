import type { FaultKind } from "../fault-kind.ts";

export const routerFaults: readonly FaultKind[] = [];
