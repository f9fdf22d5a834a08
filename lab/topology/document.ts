import type { ValidationIssue } from "../errors.ts";

/** Data that was read from a text. */
export interface SourceDocument {
  value: unknown;
  /** `line:column`, both from 1, of what is at a path; where there is nothing, of what should hold it. */
  placeOf(path: readonly PropertyKey[]): string;
}

/** A key that JavaScript's objects take for another thing than a property: nothing can be called so. */
export function isRefusedKey(key: unknown): boolean {
  return key === "__proto__";
}

export const refusedKey = {
  what: "__proto__ can't be a key",
  remedy: "choose another name",
};

/** What was read, or every syntax error, each by `file:line:column`. */
export type ReadDocument =
  | { document: SourceDocument; issues: [] }
  | { document?: never; issues: ValidationIssue[] };
