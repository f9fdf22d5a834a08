import { z } from "zod";
import { LabError, type ValidationIssue } from "../lab/errors.ts";
import type { FaultKind } from "../lab/faults/fault-kind.ts";
import { chooseFrom } from "../lab/near-name.ts";
import { type Fault, faultSchema } from "../lab/topology/faults.ts";
import { remedies, schemaIssues } from "../lab/topology/schema-issues.ts";
import {
  argumentAt,
  type Field,
  fieldsOf,
  settingsOf,
  targetsOf,
  unwrapped,
  usageOf,
} from "./fault-usage.ts";

/**
 * A fault as it is written on a command line: its targets in order, and `key=value` of its other fields.
 * @throws LabError `UsageInvalid` in the words of the command line
 */
export function faultOf(
  kind: FaultKind,
  targets: readonly string[],
  settings: readonly string[],
): Fault {
  const fields = fieldsOf(kind);
  const fault: Record<string, unknown> = { kind: kind.kind };
  let left = targets;
  for (const name of kind.targets) {
    const { value, taken } = take(fields[name] as Field, left);
    if (taken > 0) fault[name] = value;
    left = left.slice(taken);
  }
  if (left.length > 0) throw usage(kind, `${kind.kind} takes no ${left.join(" ")}`);
  // A pair of which one is given needs the other.
  const begun = new Set(Object.keys(fault));
  for (const setting of settings) set(fault, fields, setting, kind);
  const missing = targetsOf(kind)
    .slice(targets.length)
    .filter(
      (each) => begun.has(each.field) || (!each.isOptional && fault[each.field] === undefined),
    );
  if (missing.length > 0) {
    const issues = missing.map(({ word, meaning }) => ({
      where: word,
      what: "is missing",
      remedy: meaning,
    }));
    throw usage(
      kind,
      `${kind.kind} lacks ${issues.map(({ where }) => where).join(" and ")}`,
      issues,
    );
  }
  const parsed = faultSchema.safeParse(fault, { error: remedies });
  if (parsed.success) return parsed.data;
  const issues = schemaIssues(faultSchema, fault, parsed.error.issues);
  throw usage(
    kind,
    `${kind.kind} can't be injected so`,
    issues.map((each) => inWords(kind, each)),
  );
}

/** What an injection throws, in the words of the command line where it speaks of the fault's fields. */
export function asTyped(kind: FaultKind, error: unknown): unknown {
  if (!(error instanceof LabError)) return error;
  const { name, what, where, remedy, cause } = error;
  return new LabError(name, what, {
    ...(where === undefined ? {} : { where: argumentAt(kind, where)?.word ?? where }),
    ...(remedy === undefined ? {} : { remedy }),
    issues: error.issues.map((each) => inWords(kind, each)),
    cause,
  });
}

function inWords(kind: FaultKind, issue: ValidationIssue): ValidationIssue {
  return { ...issue, where: argumentAt(kind, issue.where)?.word ?? issue.where };
}

/** The same the other way round, without what is as it is by default. */
export function faultText(kind: FaultKind, fault: Fault): string {
  const fields = fieldsOf(kind);
  const given: Record<string, unknown> = { ...fault };
  const words = kind.targets.flatMap((name) => wordsOf(given[name]));
  const settings = Object.entries(given).filter(
    ([name, value]) =>
      name !== "kind" && !kind.targets.includes(name) && !isDefault(fields[name], value),
  );
  return [kind.kind, ...words, ...settings.map(([name, value]) => `${name}=${text(value)}`)].join(
    " ",
  );
}

/** The value of one field from the targets that are left, and how many of them it takes. */
function take(field: Field, left: readonly string[]): { value: unknown; taken: number } {
  const inner = unwrapped(field) as Field;
  if (inner instanceof z.ZodTuple) {
    const taken = Math.min(inner.def.items.length, left.length);
    return { value: left.slice(0, taken), taken };
  }
  if (inner instanceof z.ZodArray) {
    const { element } = inner;
    const value = left.map((word) => (element instanceof z.ZodArray ? word.split(",") : word));
    return { value, taken: left.length };
  }
  if (inner instanceof z.ZodObject) {
    const names = Object.keys(inner.shape).slice(0, left.length);
    const value = Object.fromEntries(names.map((name, index) => [name, left[index]]));
    return { value, taken: names.length };
  }
  const [first] = left;
  return first === undefined
    ? { value: undefined, taken: 0 }
    : { value: read(inner, first), taken: 1 };
}

function set(
  fault: Record<string, unknown>,
  fields: Record<string, Field>,
  setting: string,
  kind: FaultKind,
): void {
  const [key = "", ...values] = setting.split("=");
  const field = fields[key];
  if (key === "kind" || field === undefined) {
    const known = Object.keys(fields).filter((name) => name !== "kind");
    throw new LabError("UsageInvalid", `${kind.kind} has no setting ${key || '""'}`, {
      where: `--set ${setting}`,
      remedy: chooseFrom(key, known, "it has no settings"),
    });
  }
  if (values.length === 0) {
    throw new LabError("UsageInvalid", `the setting ${key} has no value`, {
      where: `--set ${setting}`,
      remedy: `type: ${settingsOf(kind).find(({ where }) => where === key)?.word ?? `--set ${key}=VALUE`}`,
    });
  }
  if (fault[key] !== undefined) {
    throw new LabError("UsageInvalid", `${key} is given twice`, {
      where: `--set ${setting}`,
      remedy: "give it once",
    });
  }
  fault[key] = read(unwrapped(field) as Field, values.join("="));
}

/** A text as the field's type; where it is none, the text, which the schema then refuses. */
function read(field: Field, value: string): unknown {
  if (field instanceof z.ZodNumber) return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (field instanceof z.ZodBoolean) {
    return value === "true" ? true : value === "false" ? false : value;
  }
  if (field instanceof z.ZodString || field instanceof z.ZodEnum) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isDefault(field: Field | undefined, value: unknown): boolean {
  return value === undefined || (field instanceof z.ZodDefault && field.def.defaultValue === value);
}

function wordsOf(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    return typeof value === "object" && value !== null ? Object.values(value) : [String(value)];
  }
  return value.map((each: string | string[]) => (Array.isArray(each) ? each.join(",") : each));
}

function text(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function usage(kind: FaultKind, what: string, issues: readonly ValidationIssue[] = []): LabError {
  const add = "tailnet-lab fault add";
  return new LabError("UsageInvalid", what, {
    issues,
    remedy: `type: ${add} ${usageOf(kind)}; for example: ${add} ${kind.example}`,
  });
}
