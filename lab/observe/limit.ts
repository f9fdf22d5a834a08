/** How long a program that only looks may take in a node, on a machine that is very busy. */
export const programLimitMs = 60_000;
