import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hasPassed, rememberPassed } from "../../setup/passed.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("what passed is known again, by what it was and no other", async () => {
  expect(await hasPassed("kernel", ["engine", "6.1"])).toBe(false);
  await rememberPassed("kernel", ["engine", "6.1"]);
  await rememberPassed("kernel", ["another", "6.1"]);
  expect(await hasPassed("kernel", ["engine", "6.1"])).toBe(true);
  expect(await hasPassed("kernel", ["engine", "6.2"])).toBe(false);
  expect(await hasPassed("policy", ["engine", "6.1"])).toBe(false);
});

test("only the latest are kept", async () => {
  for (let number = 0; number <= 20; number++) await rememberPassed("policy", number);
  expect(await hasPassed("policy", 20)).toBe(true);
  expect(await hasPassed("policy", 0)).toBe(false);
});

test("a folder that can't be written is no error", async () => {
  vi.stubEnv("XDG_CACHE_HOME", "/dev/null");
  await rememberPassed("kernel", 1);
  expect(await hasPassed("kernel", 1)).toBe(false);
});
