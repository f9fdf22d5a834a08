import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-lab-test-"));
  await writeFile(join(folder, "lab.yaml"), "name: trial\nnodes: {}\n");
});
afterAll(() => rm(folder, { recursive: true }));

function synth(env: Record<string, string>) {
  const options = { reject: false, cwd: root, timeout: 20_000 } as const;
  const own = { TAILNET_LAB_TOPOLOGY: join(folder, "lab.yaml"), CDKTF_OUTDIR: join(folder, "out") };
  return execa({ ...options, env: { ...own, ...env } })(process.execPath, [
    `${root}setup/start.mjs`,
    "stacks/main.ts",
  ]);
}

test.each([
  ["words", "two"],
  ["less than nothing", "-5"],
  ["more than there are", "256"],
])("a pool of %s is refused, with the numbers that are right", async (_, pool) => {
  const { stderr, exitCode } = await synth({ TAILNET_LAB_POOL: pool });
  expect(stderr).toBe(
    `TAILNET_LAB_POOL: "${pool}" is no number from which all networks (1) have room\n  what to do: write a number from 0 to 255`,
  );
  expect(exitCode).toBe(2);
});

test("a topology that can't be read is told without a stack trace", async () => {
  const { stderr, exitCode } = await synth({ TAILNET_LAB_TOPOLOGY: "/nowhere.yaml" });
  expect(stderr).toMatch(/^\/nowhere\.yaml: can't read the topology: there is no such file\n.*$/);
  expect(exitCode).toBe(2);
});

test("the last network of the pool will do", async () => {
  const { stdout, exitCode } = await synth({ TAILNET_LAB_POOL: "255" });
  expect(stdout).toBe(join(folder, "out", "stacks", "trial"));
  expect(exitCode).toBe(0);
  expect(await readdir(join(folder, "out"))).toContain("trial.lab.json");
});
