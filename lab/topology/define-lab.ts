import { LabError, type ValidationIssue } from "../errors.ts";
import type { Declared } from "./declared.ts";
import { type LabDeclaration, type Topology, topologySchema } from "./schema.ts";
import { remedies, schemaIssues, valueAt } from "./schema-issues.ts";
import { validate } from "./validate.ts";

/** A declaration that was checked: a topology, or all that is wrong with it. */
export type CheckedDeclaration =
  | { topology: Topology; issues: []; sound?: never }
  | {
      topology?: never;
      name: string;
      issues: ValidationIssue[];
      /** The same without what the schema refused, where that leaves a topology. */
      sound?: Topology | undefined;
    };

/**
 * Checks a declaration and fills in its defaults.
 *
 * @throws LabError `TopologyInvalid` with every issue found, each with its path and a remedy. A
 *   policy in a file is checked by `loadTopology`, which knows where the file is.
 */
export function defineLab(declaration: LabDeclaration): Topology {
  const checked = checkDeclaration(declaration);
  if (checked.topology === undefined) throw invalid(checked.name, checked.issues);
  return checked.topology;
}

export function checkDeclaration(declaration: unknown): CheckedDeclaration {
  const parsed = topologySchema.safeParse(declaration, { error: remedies });
  if (parsed.success) {
    const issues = validate(parsed.data, declaredNames(declaration, parsed.data));
    const { name } = parsed.data;
    return issues.length > 0
      ? { name, issues, sound: parsed.data }
      : { topology: parsed.data, issues: [] };
  }

  const issues = schemaIssues(topologySchema, declaration, parsed.error.issues);
  const sound = topologySchema.safeParse(withoutInvalid(declaration, parsed.error.issues));
  if (sound.success) issues.push(...validate(sound.data, declaredNames(declaration, sound.data)));
  const name = valueAt(declaration, ["name"]);
  return {
    name: typeof name === "string" ? name : "without a name",
    issues,
    sound: sound.data,
  };
}

/** The error for a topology's issues, in the order in which they were found. */
export function invalid(name: string, issues: readonly ValidationIssue[]): LabError {
  return new LabError(
    "TopologyInvalid",
    `topology ${name} has ${issues.length === 1 ? "an issue" : `${issues.length} issues`}`,
    { issues },
  );
}

/** All names as written, also those whose entry is invalid: to refer to one of them is no issue. */
function declaredNames(declaration: unknown, topology: Topology): Declared {
  const keys = (section: "networks" | "nodes" | "relays") => {
    const value = valueAt(declaration, [section]) ?? topology[section];
    return new Set(typeof value === "object" && value !== null ? Object.keys(value) : []);
  };
  return { networks: keys("networks"), nodes: keys("nodes"), relays: keys("relays") };
}

type Issue = { code?: string; keys?: string[]; path: PropertyKey[] };

/**
 * A copy of the declaration without its unknown keys and without the entries that the schema
 * refused, so that the others can be checked against each other in the same go.
 */
function withoutInvalid(declaration: unknown, issues: readonly Issue[]): unknown {
  const copy = plainCopy(declaration);
  for (const { keys, path } of issues) {
    if (keys !== undefined) {
      for (const key of keys) remove(copy, [...path, key]);
      continue;
    }
    const [section, entry] = path;
    if (section === undefined) continue;
    if (section === "faults") remove(copy, ["faults"]);
    else if (section === "name") replace(copy, ["name"], "unnamed");
    else if (section === "nodes" && entry === undefined) replace(copy, ["nodes"], {});
    else remove(copy, path.slice(0, 2));
  }
  return copy;
}

function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainCopy(inner)]));
}

function remove(root: unknown, path: PropertyKey[]): void {
  const holder = valueAt(root, path.slice(0, -1));
  if (typeof holder === "object" && holder !== null) {
    Reflect.deleteProperty(holder, path.at(-1) ?? "");
  }
}

function replace(root: unknown, path: PropertyKey[], value: unknown): void {
  const holder = valueAt(root, path.slice(0, -1));
  if (typeof holder === "object" && holder !== null) Reflect.set(holder, path.at(-1) ?? "", value);
}
