import { decode, ExtensionCodec, encode } from "@msgpack/msgpack";
import type { ResourceSchema } from "./schema.ts";

/** A value that only the apply will tell. */
export const unknown = Symbol("unknown");

export type Value = string | number | boolean | null | typeof unknown | Value[] | ObjectValue;
export interface ObjectValue {
  [attribute: string]: Value;
}

/**
 * Terraform's dynamic values are MessagePack; an unknown value is extension type 0, or 12 where
 * something is known of it.
 */
const codec = new ExtensionCodec();
codec.register({
  type: 0,
  encode: (value) => (value instanceof Unknown ? new Uint8Array([0]) : null),
  decode: () => unknown,
});
codec.register({ type: 12, encode: () => null, decode: () => unknown });

/** @msgpack/msgpack offers only objects to an extension, so the symbol travels in one. */
class Unknown {}
const boxedUnknown = new Unknown();

export function decodeValue(bytes: Uint8Array): ObjectValue | null {
  return decode(bytes, { extensionCodec: codec }) as ObjectValue | null;
}

export function encodeValue(value: ObjectValue | null): Uint8Array {
  return encode(box(value), { extensionCodec: codec });
}

function box(value: Value): unknown {
  if (value === unknown) return boxedUnknown;
  if (Array.isArray(value)) return value.map(box);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, box(inner)]));
  }
  return value;
}

/** A state as another version wrote it, brought to this schema's attributes. */
export function fitState(schema: ResourceSchema, stored: ObjectValue): ObjectValue {
  return Object.fromEntries([
    ...Object.keys(schema.attributes).map((name) => [name, stored[name] ?? null]),
    ...Object.entries(schema.blocks).map(([name, attributes]) => {
      const elements = (stored[name] ?? []) as ObjectValue[];
      return [
        name,
        elements.map((element) =>
          Object.fromEntries(
            Object.keys(attributes).map((inner) => [inner, element[inner] ?? null]),
          ),
        ),
      ];
    }),
  ]);
}

/** Whether two values say the same; the order of a set's elements says nothing. */
export function sameValue(schema: ResourceSchema, name: string, a: Value, b: Value): boolean {
  const type = schema.attributes[name]?.type;
  const ordered = Array.isArray(type) && type[0] === "list";
  return canonical(a, ordered) === canonical(b, ordered);
}

function canonical(value: Value, ordered: boolean): string {
  if (Array.isArray(value)) {
    const elements = value.map((element) => canonical(element, false));
    return `[${(ordered ? elements : elements.sort()).join()}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner, false)}`).join()}}`;
  }
  return value === unknown ? "unknown" : JSON.stringify(value);
}
