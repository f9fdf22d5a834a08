import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the package brings no table of mutations, nor this project's own scenarios", async () => {
  const list = execa({ cwd: root, preferLocal: true, lines: true });
  const { stdout } = await list`tsc -p tsconfig.build.json --listFilesOnly`;
  const files = stdout.map((file) => relative(root, file));
  expect(files).toContain("scenarios/harness/lab-test.ts");
  const own =
    /^scenarios\/(?!harness\/|cases\/)|^setup\/(suite|test|scenarios|soak|build)|\.test\.ts$/;
  expect(files.filter((file) => own.test(file))).toEqual([]);
});
