import { z } from "zod";
import { LabError } from "../lab/errors.ts";
import type { FaultKind } from "../lab/faults/fault-kind.ts";
import { schemaOf } from "../lab/faults/kinds.ts";
import { chooseFrom } from "../lab/near-name.ts";
import type { Fault, FaultDeclaration } from "../lab/topology/faults.ts";

type Field = z.core.$ZodType;

/**
 * A fault as it is written on a command line: its targets in order, and `key=value` of its other fields. What the
 * values may be is for the schema to say.
 * @throws LabError `UsageInvalid`
 */
export function faultOf(
  kind: FaultKind,
  targets: readonly string[],
  settings: readonly string[],
): FaultDeclaration {
  const fields = fieldsOf(kind);
  const fault: Record<string, unknown> = { kind: kind.kind };
  let left = targets;
  for (const name of kind.targets) {
    const { value, taken } = take(fields[name] as Field, left);
    if (taken > 0) fault[name] = value;
    left = left.slice(taken);
  }
  if (left.length > 0) {
    throw usage(kind, left[0] ?? "", `${kind.kind} takes no target ${left.join(" ")}`);
  }
  for (const setting of settings) set(fault, fields, setting, kind);
  const missing = kind.targets.filter(
    (name) =>
      fault[name] === undefined && !(fields[name] as z.ZodType).safeParse(undefined).success,
  );
  if (missing.length > 0) {
    throw usage(kind, kind.kind, `${kind.kind} needs its ${missing.join(" and ")}`);
  }
  return fault as FaultDeclaration;
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

function fieldsOf({ kind }: FaultKind): Record<string, Field> {
  return schemaOf(kind).shape;
}

/** The value of one field from the targets that are left, and how many of them it takes. */
function take(field: Field, left: readonly string[]): { value: unknown; taken: number } {
  const inner = unwrapped(field);
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
  const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
  const known = Object.keys(fields).filter((name) => name !== "kind");
  const field = fields[key];
  if (key === "" || key === "kind" || field === undefined) {
    throw new LabError("UsageInvalid", `${kind.kind} has no setting ${key || setting}`, {
      where: `--set ${setting}`,
      remedy: chooseFrom(key || setting, known, "it has no settings"),
    });
  }
  fault[key] = read(unwrapped(field), value);
}

/** A text as the field's type; where it is none, the text, which the schema then refuses. */
function read(field: Field, value: string): unknown {
  if (field instanceof z.ZodNumber) return /^-?\d+$/.test(value) ? Number(value) : value;
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

function unwrapped(field: Field): Field {
  return field instanceof z.ZodOptional || field instanceof z.ZodDefault
    ? unwrapped(field.unwrap())
    : field;
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

function usage({ example }: FaultKind, where: string, what: string): LabError {
  return new LabError("UsageInvalid", what, {
    where,
    remedy: `write it so: tailnet-lab fault add ${example}`,
  });
}
