import { ExtData, encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import {
  computed,
  labelBlock,
  optional,
  type ResourceSchema,
} from "../../../stacks/provider/schema.ts";
import {
  decodeValue,
  encodeValue,
  fitState,
  type ObjectValue,
  sameValue,
  unknown,
} from "../../../stacks/provider/values.ts";

const schema: ResourceSchema = {
  attributes: {
    id: computed("string"),
    command: optional(["list", "string"]),
    env: optional(["set", "string"]),
  },
  blocks: { labels: labelBlock },
};

describe("dynamic values", () => {
  test("come back as they went, unknown ones too", () => {
    const value: ObjectValue = {
      id: unknown,
      command: ["a", "b"],
      env: null,
      must_run: true,
      grace: 1,
      labels: [{ label: "x", value: unknown }],
    };
    expect(decodeValue(encodeValue(value))).toEqual(value);
    expect(decodeValue(encodeValue(null))).toBeNull();
  });

  test("write an unknown value as Terraform reads it: extension 0 with one byte", () => {
    expect([...encodeValue({ id: unknown })].slice(-3)).toEqual([0xd4, 0x00, 0x00]);
  });

  test("take a refined unknown value, extension 12, for unknown", () => {
    const refined = encode({ id: new ExtData(12, new Uint8Array([0x81, 0x01, 0xc2])) });
    expect(decodeValue(refined)).toEqual({ id: unknown });
  });
});

describe("sameValue", () => {
  test("ignores the order of sets and of keys, not of lists", () => {
    expect(sameValue(schema, "env", ["A=1", "B=2"], ["B=2", "A=1"])).toBe(true);
    expect(sameValue(schema, "command", ["a", "b"], ["b", "a"])).toBe(false);
    const [x, y] = [
      { label: "x", value: "1" },
      { value: "2", label: "y" },
    ];
    expect(sameValue(schema, "labels", [x, y], [{ label: "y", value: "2" }, x])).toBe(true);
    expect(sameValue(schema, "labels", [x], [x, y])).toBe(false);
  });

  test("tells null, the empty string, the empty set and unknown apart", () => {
    expect(sameValue(schema, "id", null, "")).toBe(false);
    expect(sameValue(schema, "env", null, [])).toBe(false);
    expect(sameValue(schema, "id", unknown, "unknown")).toBe(false);
  });
});

test("a state of another version is brought to the schema's attributes", () => {
  const stored = { id: "1", gone: true, labels: [{ label: "x", value: "1", old: 1 }] };
  expect(fitState(schema, stored)).toEqual({
    id: "1",
    command: null,
    env: null,
    labels: [{ label: "x", value: "1" }],
  });
});
