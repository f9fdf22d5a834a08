import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { catalogue } from "../../lab/doctor/catalogue.ts";
import { checks } from "../../lab/doctor/checks.ts";
import { doctorPages } from "../../lab/doctor/pages.ts";

const folder = path.join(import.meta.dirname, "../../docs/doctor");

test("docs/doctor has the page of each code as the catalogue says it: npm run docs:doctor", async () => {
  const pages = doctorPages();
  const files = (await readdir(folder)).sort();
  expect(files).toEqual(pages.map(({ file }) => file).sort());
  for (const { file, text } of pages) {
    expect(await readFile(path.join(folder, file), "utf8"), file).toBe(text);
  }
});

test("every cause of the catalogue is explained, once, and looked for by a check", () => {
  const codes = catalogue.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  const found = new Set(checks.flatMap(({ finds }) => finds));
  expect(codes.filter((code) => !found.has(code))).toEqual([]);
  expect(catalogue.filter(({ explanation }) => explanation === "")).toEqual([]);
});
