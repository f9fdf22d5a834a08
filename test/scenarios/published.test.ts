import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the published harness has no table of mutations, nor this project's scenarios", async () => {
  const out = await mkdtemp(join(tmpdir(), "tailnet-lab-build-"));
  try {
    await execa({
      cwd: root,
      preferLocal: true,
    })`tsc -p tsconfig.build.json --outDir ${out} --declaration false`;
    const files = await readdir(join(out, "scenarios"), { recursive: true });
    expect(files).toContain("harness/lab-test.js");
    expect(files.filter((file) => /mutations|\.test\.|^mutat/.test(file))).toEqual([]);
  } finally {
    await rm(out, { recursive: true });
  }
});
