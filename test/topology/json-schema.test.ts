import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { defineLab, type LabDeclaration, loadTopology } from "../../lab/topology/index.ts";
import { topologyJsonSchema } from "../../lab/topology/json-schema.ts";
import { topologySchema } from "../../lab/topology/schema.ts";
import { declaration } from "./declaration.ts";

const schema = topologyJsonSchema();
// Formats are beside patterns that say the same.
const accepts: ValidateFunction = new Ajv({ validateFormats: false, strict: true }).compile(schema);
const topologies = fileURLToPath(new URL("../../topologies/", import.meta.url));
const files = (await readdir(topologies)).filter((file) => /\.(ts|ya?ml|json)$/.test(file));

/** The values that a record, a list or one of several alternatives has for parts; `*` for any key. */
function partsOf(type: unknown): [string, unknown][] {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault) return partsOf(type.unwrap());
  if (type instanceof z.ZodOptional) return partsOf(type.unwrap());
  if (type instanceof z.ZodObject) return Object.entries(type.shape);
  if (type instanceof z.ZodRecord) return [["*", type.valueType]];
  if (type instanceof z.ZodArray) return [["*", type.element]];
  if (type instanceof z.ZodTuple) return [["*", undefined]];
  if (type instanceof z.ZodDiscriminatedUnion) return type.options.flatMap(partsOf);
  return [];
}

function fieldsOfZod(type: unknown, at = ""): string[] {
  return partsOf(type).flatMap(([key, part]) => [
    `${at}.${key}`,
    ...fieldsOfZod(part, `${at}.${key}`),
  ]);
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  description?: string;
}

function fieldsOfJson(part: JsonSchema, at = ""): [string, JsonSchema][] {
  const any = [part.additionalProperties, part.items].filter((x) => typeof x === "object");
  const own: [string, JsonSchema][] = [
    ...Object.entries(part.properties ?? {}),
    ...any.map((x): [string, JsonSchema] => ["*", x]),
  ];
  return [
    ...own.flatMap(([key, inner]): [string, JsonSchema][] => [
      [`${at}.${key}`, inner],
      ...fieldsOfJson(inner, `${at}.${key}`),
    ]),
    ...(part.oneOf ?? []).flatMap((option) => fieldsOfJson(option, at)),
  ];
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

describe("the JSON Schema of a topology", () => {
  test("has each field that the schema has, and no other but $schema", () => {
    const json = fieldsOfJson(schema as JsonSchema).map(([name]) => name);
    expect(sorted(json)).toEqual(sorted([...fieldsOfZod(topologySchema), ".$schema"]));
    expect(json).toContain(".nodes.*.services.*.records");
  });

  test("describes each field", () => {
    const plain = fieldsOfJson(schema as JsonSchema)
      .filter(([name, { description }]) => description === undefined && !/\.(\*|kind)$/.test(name))
      .map(([name]) => name);
    expect(plain).toEqual([]);
  });

  test.each(files)("accepts topologies/%s", async (file) => {
    const where = path.join(topologies, file);
    const { topology } = await loadTopology(where);
    expect(accepts(JSON.parse(JSON.stringify(topology))), JSON.stringify(accepts.errors)).toBe(
      true,
    );
    if (/\.ya?ml$/.test(file)) {
      expect(accepts(parse(await readFile(where, "utf8")))).toBe(true);
    }
  });

  test.each<[string, unknown]>([
    ["an unknown key", { ...declaration(), colour: "red" }],
    [
      "an unknown kind",
      declaration({ nodes: { a: { kind: "router", network: "home" } as never } }),
    ],
    ["a missing field", { name: "trial" }],
    [
      "a port of 0",
      declaration({
        nodes: { a: { kind: "host", network: "home", services: [{ kind: "http", port: 0 }] } },
      }),
    ],
    ["a name with capitals", { ...declaration(), name: "Trial" }],
    [
      "a node's name with capitals",
      { ...declaration(), nodes: { A: { kind: "host", network: "home" } } },
    ],
    [
      "an address that is none",
      declaration({ nodes: { a: { kind: "host", network: "home", address: "10.0.0.256" } } }),
    ],
    [
      "a prefix that is none",
      declaration({ networks: { a: { nat: "easy", lan: "10.0.0.0/33" } } }),
    ],
    ["an unknown NAT", declaration({ networks: { a: { nat: "medium" as never } } })],
  ])("refuses %s, as the lab does", (_, input) => {
    expect(accepts(input)).toBe(false);
    expect(() => defineLab(input as LabDeclaration)).toThrow(/has an issue|has \d+ issues/);
  });
});
