import { readFileSync } from "node:fs";
import { failedPrefix, readyLine } from "./plan.ts";

/** A program that runs inside containers: a file of `lab/programs/`, with the lines of its own that the plan knows. */
export function program(name: string): string {
  return readFileSync(new URL(`../programs/${name}`, import.meta.url), "utf8")
    .replaceAll("$READY_LINE", readyLine)
    .replaceAll("$FAILED_PREFIX", `'${failedPrefix}'`);
}
