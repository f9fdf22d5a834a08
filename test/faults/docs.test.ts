import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { faultKinds } from "../../lab/faults/kinds.ts";
import { faultSchema } from "../../lab/topology/faults.ts";
import { rowOf } from "./rows.ts";

test("each kind that may be declared can be injected, and no other", () => {
  const declared = faultSchema.options.map(({ shape }) => shape.kind.value);
  expect(faultKinds.map(({ kind }) => kind).sort()).toEqual(declared.sort());
});

test("docs/faults.md has each kind as it is, and no other", async () => {
  const page = await readFile(new URL("../../docs/faults.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `/.test(line));
  expect(rows).toEqual(faultKinds.map(rowOf));
});
