import { expect, test } from "vitest";
import { container } from "../../../stacks/provider/container.ts";
import { planChange } from "../../../stacks/provider/plan-change.ts";
import { type ObjectValue, unknown } from "../../../stacks/provider/values.ts";

const { schema } = container;
const state: ObjectValue = {
  id: "c1",
  name: "laptop",
  image: "sha256:1",
  must_run: true,
  attach: null,
  destroy_grace_seconds: 1,
  networks_advanced: [{ name: "n1", ipv4_address: "198.19.0.3" }],
  upload: [{ file: "/lab/boot", content: "a" }],
};

test("a new resource's id is unknown until it is made", () => {
  const proposed = { ...state, id: null };
  expect(planChange(schema, null, proposed)).toEqual({
    planned: { ...state, id: unknown },
    requiresReplace: [],
  });
});

test("what is as declared stays", () => {
  expect(planChange(schema, state, { ...state })).toEqual({ planned: state, requiresReplace: [] });
});

test("what goes has no plan", () => {
  expect(planChange(schema, state, null)).toEqual({ planned: null, requiresReplace: [] });
});

test.each<[string, ObjectValue]>([
  ["attach", { attach: true }],
  ["networks_advanced", { networks_advanced: [] }],
  ["networks_advanced", { networks_advanced: [{ name: unknown, ipv4_address: "198.19.0.3" }] }],
  ["upload", { upload: [{ file: "/lab/boot", content: "b" }] }],
  ["image", { image: unknown }],
])("a difference in %s makes it anew", (name, difference) => {
  expect(planChange(schema, state, { ...state, ...difference }).requiresReplace).toEqual([name]);
});

test("another grace time is only noted", () => {
  const proposed = { ...state, destroy_grace_seconds: 3 };
  expect(planChange(schema, state, proposed)).toEqual({ planned: proposed, requiresReplace: [] });
});

test("a container that stopped stays, to be started again", () => {
  expect(planChange(schema, { ...state, must_run: false }, state)).toEqual({
    planned: state,
    requiresReplace: [],
  });
});
