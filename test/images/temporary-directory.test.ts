import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from "node:fs";
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

test("another user's directory, and a link in its place, stop nothing and stay", () => {
  const { stdout: deadPid } = execaSync("sh", ["-c", "echo $$"]);
  const target = join(temporary, "precious");
  mkdirSync(target);
  const link = join(temporary, `tailnet-lab-images-${deadPid}-link`);
  symlinkSync(target, link);
  const theirs = join(temporary, `tailnet-lab-images-${deadPid}-abc`);
  mkdirSync(theirs);
  // As if all that is there were another's.
  vi.spyOn(process, "getuid").mockReturnValue(4_000_000);
  {
    using _own = openTemporaryDirectory();
  }
  vi.restoreAllMocks();
  expect(existsSync(theirs)).toBe(true);
  expect(existsSync(target)).toBe(true);
  expect(existsSync(link)).toBe(true);
});

test("what can't be removed stops nothing", async () => {
  const { stdout: deadPid } = execaSync("sh", ["-c", "echo $$"]);
  const stale = join(temporary, `tailnet-lab-images-${deadPid}-abc`);
  mkdirSync(join(stale, "bin"), { recursive: true });
  // Whoever is not root may not empty a directory without the permission to write.
  chmodSync(stale, 0o555);
  const program = `
    import { openTemporaryDirectory } from ${JSON.stringify(join(import.meta.dirname, "../../lab/images/temporary-directory.ts"))};
    using _directory = openTemporaryDirectory();
    console.log("opened");`;
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  chmodSync(temporary, 0o777);
  if (nobody.uid !== undefined) chownSync(stale, nobody.uid, nobody.gid);
  const { stdout } = execaSync(
    process.execPath,
    ["--input-type=module", "--eval", program],
    nobody,
  );
  expect(stdout).toBe("opened");
  expect(existsSync(stale)).toBe(true);
  chmodSync(stale, 0o755);
});

test("where no directory can be made, the error says what to do", () => {
  vi.stubEnv("TMPDIR", join(temporary, "missing"));
  expect(() => openTemporaryDirectory()).toThrow(/set TMPDIR to a directory that you can write to/);
});
