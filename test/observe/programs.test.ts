import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../lab/programs/", import.meta.url));
const checkers: Record<string, string[]> = { sh: ["bash", "-n"], pl: ["perl", "-c"] };
// jq checks no syntax alone: its programs have tests that run them.
const names = readdirSync(folder).filter((name) => !name.endsWith(".jq"));

test.each(names)("%s has no syntax error", async (name) => {
  const [program = "", ...args] = checkers[name.split(".").at(-1) ?? ""] ?? [];
  const { exitCode, stderr } = await execa(program, [...args, `${folder}${name}`], {
    reject: false,
  });
  expect(exitCode, stderr).toBe(0);
});
