import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execaSync } from "execa";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openTemporaryDirectory } from "../../lab/images/temporary-directory.ts";

let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("TMPDIR", temporary);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

test("the folder goes at the end of its scope", () => {
  let path: string;
  {
    using temporary = openTemporaryDirectory();
    path = temporary.folder("tailnet-lab/base:bookworm");
    mkdirSync(path);
  }
  expect(existsSync(dirname(path))).toBe(false);
});

test("what a killed process left goes, what a living one has stays", () => {
  const { stdout: deadPid } = execaSync("sh", ["-c", "echo $$"]);
  const left = join(temporary, `tailnet-lab-images-${deadPid}-abc`);
  const inUse = join(temporary, `tailnet-lab-images-${process.ppid}-abc`);
  mkdirSync(join(left, "bin"), { recursive: true });
  mkdirSync(inUse);
  using _workplace = openTemporaryDirectory();
  expect(existsSync(left)).toBe(false);
  expect(existsSync(inUse)).toBe(true);
});
