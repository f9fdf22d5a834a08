import type { Check } from "./check.ts";

/** All checks; a new one is added here. Their order does not matter. */
export const checks: readonly Check[] = [];
