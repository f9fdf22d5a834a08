import { z } from "zod";
import type { FaultKind } from "../lab/faults/fault-kind.ts";
import { schemaOf } from "../lab/faults/kinds.ts";
import { roleOf } from "../lab/topology/fault-names.ts";
import { pathText } from "../lab/topology/schema-issues.ts";

export type Field = z.core.$ZodType;

/** One word that is typed after `fault add KIND`, or one setting of a `--set`. */
export interface Argument {
  /** As the usage has it: `PLACE`, `easy|hard`, `--set protocol=all|udp|tcp`. */
  word: string;
  /** Where it goes in the fault: `at`, `between[1]`. */
  where: string;
  /** The field that it is of: `between`. */
  field: string;
  /** What may be typed, in a sentence or two. */
  meaning: string;
  isOptional: boolean;
}

/** What a kind takes, in order: the targets; of a list as many as it needs at least. */
export function targetsOf(kind: FaultKind): Argument[] {
  const fields = fieldsOf(kind);
  const all = kind.targets.flatMap((name) => argumentsOf(name, fields[name] as z.ZodType));
  const seen = new Set<string>();
  return all.map((argument) => {
    const { word } = argument;
    const isSecond = seen.has(word) && /^[A-Z]+$/.test(word);
    seen.add(word);
    return isSecond ? { ...argument, word: `OTHER-${word}` } : argument;
  });
}

/** The fields that `--set` gives. */
export function settingsOf(kind: FaultKind): Argument[] {
  return Object.entries(fieldsOf(kind))
    .filter(([name]) => name !== "kind" && !kind.targets.includes(name))
    .map(([name, field]) => ({
      word: `--set ${name}=${wordOf(name, field)}`,
      where: name,
      field: name,
      meaning: meaningOf(field),
      isOptional: true,
    }));
}

/** What is typed after `tailnet-lab fault add`: `loss PLACE PERCENT`. */
export function usageOf(kind: FaultKind): string {
  const isList = kind.targets.some((name) => unwrapped(fieldsOf(kind)[name]) instanceof z.ZodArray);
  const words = [...targetsOf(kind), ...settingsOf(kind)].map(({ word, isOptional }) =>
    isOptional ? `[${word}]` : word,
  );
  return [kind.kind, ...words, ...(isList ? ["…"] : [])].join(" ");
}

/** The argument that fills a place of the fault, or a part of it. */
export function argumentAt(kind: FaultKind, where: string): Argument | undefined {
  const all = [...targetsOf(kind), ...settingsOf(kind)];
  const isIn = (outer: string) => where === outer || /^[.[]/.test(where.slice(outer.length));
  return all.find((argument) => where.startsWith(argument.where) && isIn(argument.where));
}

export function fieldsOf({ kind }: FaultKind): Record<string, Field> {
  return schemaOf(kind).shape;
}

/** Without what makes it optional. */
export function unwrapped(field: Field | undefined): Field | undefined {
  return field instanceof z.ZodOptional || field instanceof z.ZodDefault
    ? unwrapped(field.unwrap())
    : field;
}

function argumentsOf(name: string, field: z.ZodType): Argument[] {
  const inner = unwrapped(field);
  const isOptional = field.safeParse(undefined).success;
  const one = (word: string, path: PropertyKey[] = [], meaning = meaningOf(field)) => ({
    word,
    where: pathText([name, ...path]),
    field: name,
    meaning,
    isOptional,
  });
  if (inner instanceof z.ZodTuple) {
    return inner.def.items.map((item, index) => one(wordOf(name, item), [index]));
  }
  if (inner instanceof z.ZodObject) {
    const keys = Object.entries(inner.shape);
    return keys.map(([key, each]) => one(key.toUpperCase(), [key], meaningOf(each)));
  }
  if (inner instanceof z.ZodArray) {
    const word = wordOf(name, inner.element);
    const least = Number(z.toJSONSchema(inner).minItems ?? 1);
    return Array.from({ length: least }, (_, index) => one(`${word}[,${word}…]`, [index]));
  }
  return [one(wordOf(name, field))];
}

function wordOf(name: string, field: Field): string {
  const inner = unwrapped(field);
  if (inner instanceof z.ZodEnum) return inner.options.join("|");
  if (inner instanceof z.ZodBoolean) return "true|false";
  if (inner instanceof z.ZodRecord) return "JSON";
  return (roleOf(name) ?? name).toUpperCase();
}

/** What may be written, and what it says of the fault. */
function meaningOf(field: Field): string {
  const { description = "", minimum, maximum } = z.toJSONSchema(field, { io: "input" });
  if (minimum === undefined) return description;
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`;
  return `A number from ${minimum}${most}. ${description}`;
}
