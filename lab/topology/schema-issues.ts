import { inspect } from "node:util";
import { z } from "zod";
import type { ValidationIssue } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";

type Path = readonly PropertyKey[];

/** `nodes.laptop.services[0].port`; a key that is no plain word is quoted. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(String(step))) return `["${String(step)}"]`;
      return index === 0 ? String(step) : `.${String(step)}`;
    })
    .join("");
}

/** The path that `pathText` wrote; of a text that it did not write, as many steps as can be read. */
export function pathOf(where: string): PropertyKey[] {
  const step = /(?:^|\.)([\w-]+)|\[(\d+)\]|\["(.*?)"\](?=$|[.[])/y;
  const path: PropertyKey[] = [];
  for (let match = step.exec(where); match !== null; match = step.exec(where)) {
    const [, word, index, quoted] = match;
    path.push(index === undefined ? (word ?? quoted ?? "") : Number(index));
  }
  return path;
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined,
    root,
  );
}

const formats: Record<string, string> = {
  ipv4: "write an IPv4 address, such as 192.0.2.1",
  cidrv4: "write a prefix, such as 10.20.0.0/24",
};

/** Remedies for what the schema itself gives no message for. */
export const remedies: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return `write ${typeText(issue.expected)}`;
    case "too_small":
      return `${issue.origin === "array" ? "name" : "write"} at least ${issue.minimum}`;
    case "too_big":
      return `write at most ${issue.maximum}`;
    case "invalid_format":
      return formats[issue.format];
    case "invalid_value":
      return chooseFrom(
        typeof issue.input === "string" ? issue.input : "",
        issue.values.map(String),
        "leave it out",
      );
    case "invalid_union": {
      // A union told apart by `kind` has no message of its own; any other has one in the schema, or its first option's.
      const { options, discriminator } = issue;
      if (!Array.isArray(options) || typeof discriminator !== "string") {
        return issue.errors[0]?.[0]?.message;
      }
      const kind = valueAt(issue.input, [discriminator]);
      return chooseFrom(typeof kind === "string" ? kind : "", options.map(String), "leave it out");
    }
    default:
      return undefined;
  }
};

/** Each issue as a validation issue; an issue of several unknown keys is one validation issue a key. */
export function schemaIssues(
  schema: z.ZodType,
  input: unknown,
  issues: z.core.$ZodIssue[],
): ValidationIssue[] {
  return issues.flatMap((issue): ValidationIssue[] => {
    const where = pathText(issue.path) || "the declaration";
    switch (issue.code) {
      case "unrecognized_keys": {
        const known = keysAt(schema, input, issue.path);
        return issue.keys.map((key) => ({
          where: pathText([...issue.path, key]),
          what: `unknown key ${key}`,
          remedy: chooseFrom(key, known, "leave it out"),
        }));
      }
      case "invalid_key":
        return [
          {
            where,
            what: `the name ${JSON.stringify(issue.path.at(-1))} is not accepted`,
            remedy: issue.issues[0]?.message ?? issue.message,
          },
        ];
      default: {
        const value = valueAt(input, issue.path);
        return [
          {
            where,
            what: value === undefined ? "is missing" : `${shown(value)} is not accepted`,
            remedy: issue.message,
          },
        ];
      }
    }
  });
}

/** The keys that the schema knows at a path of the input; of a union, those of the kind written. */
function keysAt(schema: z.ZodType, input: unknown, path: Path): string[] {
  let current: unknown = schema;
  let value = input;
  for (let rest = path; ; ) {
    if (current instanceof z.ZodDefault || current instanceof z.ZodPrefault) {
      current = current.unwrap();
    } else if (current instanceof z.ZodOptional) {
      current = current.unwrap();
    } else if (current instanceof z.ZodDiscriminatedUnion) {
      const kind = valueAt(value, ["kind"]);
      current = current.options.find(
        (option) => option instanceof z.ZodObject && option.shape.kind.safeParse(kind).success,
      );
    } else {
      const [step, ...further] = rest;
      if (step === undefined)
        return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
      if (current instanceof z.ZodObject) current = current.shape[String(step)];
      else if (current instanceof z.ZodRecord) current = current.valueType;
      else if (current instanceof z.ZodArray) current = current.element;
      else return [];
      value = valueAt(value, [step]);
      rest = further;
    }
  }
}

function shown(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function typeText(type: string): string {
  switch (type) {
    case "record":
      return "an object";
    case "boolean":
      return "true or false";
    case "int":
      return "a whole number";
    default:
      return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
  }
}
