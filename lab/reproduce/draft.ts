import type { LabDeclaration } from "../topology/schema.ts";
import type { UserNames } from "./names.ts";

/** A topology in the making, with what was seen and assumed for each part of it. */
export interface Draft {
  declaration: LabDeclaration;
  /** By path, such as `nodes laptop acceptRoutes`. */
  notes: Map<string, string>;
  /** What of the tailnet is not in the topology, and why. */
  leftOut: string[];
  userName: UserNames;
}

export type NotePath = readonly (string | number)[];

export function noteKey(path: NotePath): string {
  return path.join("\u0000");
}

export function saw(draft: Draft, path: NotePath, what: string): void {
  note(draft, path, `saw: ${what}`);
}

export function assumed(draft: Draft, path: NotePath, what: string): void {
  note(draft, path, `assumed: ${what}`);
}

function note(draft: Draft, path: NotePath, text: string): void {
  const key = noteKey(path);
  const before = draft.notes.get(key);
  if (before?.split("; ").includes(text)) return;
  draft.notes.set(key, before === undefined ? text : `${before}; ${text}`);
}
