import { commandLine } from "../evidence/commands.ts";
import type { Evidence } from "../evidence/evidence.ts";

/** Where something was seen, in words. */
export function from({ node, argv }: Pick<Evidence, "node" | "argv">): string {
  return `${commandLine(argv)} on ${node}`;
}
