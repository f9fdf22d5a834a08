import { expect, test } from "vitest";
import { mutations } from "../../scenarios/mutations.ts";

test("each mutation is listed once", () => {
  const names = mutations.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
