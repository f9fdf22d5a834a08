import { readFileSync } from "node:fs";
import { failedPrefix, readyLine } from "./plan.ts";

const read = new Map<string, string>();

/** A program that runs inside containers: a file of `lab/programs/`, with the lines of its own that the plan knows. */
export function program(name: string): string {
  const text =
    read.get(name) ??
    readFileSync(new URL(`../programs/${name}`, import.meta.url), "utf8")
      .replaceAll("$READY_LINE", readyLine)
      .replaceAll("$FAILED_PREFIX", `'${failedPrefix}'`);
  read.set(name, text);
  return text;
}
