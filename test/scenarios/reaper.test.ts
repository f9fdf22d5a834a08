import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const scenarios = new URL("../../scenarios/", import.meta.url);

test("each scenario that brings a lab up by the command line has it reaped where the run is killed", () => {
  const bringing = globSync("*.test.ts", { cwd: scenarios })
    .map((file) => ({ file, text: readFileSync(new URL(file, scenarios), "utf8") }))
    .filter(({ text }) => /"up"/.test(text));
  expect(bringing.length).toBeGreaterThan(0);
  expect(
    bringing.filter(({ text }) => !text.includes("reapAfter(")).map(({ file }) => file),
  ).toEqual([]);
});
