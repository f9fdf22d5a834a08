import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** A small project around a copy of run.mjs, with an `npm` that only says what it was asked. */
let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  for (const folder of ["setup", "bin"]) mkdirSync(join(project, folder));
  for (const file of ["setup/run.mjs", "setup/start.mjs", "bin/compile-cache.mjs"]) {
    copyFileSync(join(import.meta.dirname, "../..", file), join(project, file));
  }
  writeFileSync(
    join(project, "program.ts"),
    "const words: string[] = process.argv.slice(2);\nconsole.log(words.join('|'));\nprocess.exitCode = 3;\n",
  );
  writeFileSync(
    join(project, "bin/npm"),
    '#!/bin/sh\necho "npm $1" >&2\nmkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json\n',
    { mode: 0o755 },
  );
  lock("1.0.0");
});

afterEach(() => rmSync(project, { recursive: true }));

function lock(version: string): void {
  writeFileSync(
    join(project, "package-lock.json"),
    JSON.stringify({ packages: { "": {}, "node_modules/a": { version, integrity: version } } }),
  );
}

function run(...args: string[]) {
  return runWith({}, ...args);
}

function runWith(env: Record<string, string>, ...args: string[]) {
  return execa(process.execPath, [join(project, "setup/run.mjs"), ...args], {
    reject: false,
    env: { PATH: `${join(project, "bin")}:${process.env.PATH}`, npm_execpath: undefined, ...env },
  });
}

describe("run.mjs", () => {
  test("passes words on, and the program's exit code back", async () => {
    const { stdout, exitCode } = await run("program.ts", "up", "--json");
    expect(stdout).toBe("up|--json");
    expect(exitCode).toBe(3);
  });

  test("installs modules when they are absent, and not again until the lock changes", async () => {
    expect((await run("program.ts")).stderr).toContain("npm ci");
    expect((await run("program.ts")).stderr).toBe("");
    lock("1.0.1");
    expect((await run("program.ts")).stderr).toContain("npm ci");
  });

  test("TAILNET_LAB_INSTALL=0 installs nothing, and says what it would have been", async () => {
    const { stderr, exitCode } = await runWith({ TAILNET_LAB_INSTALL: "0" }, "program.ts");
    expect(stderr).toMatch(/TAILNET_LAB_INSTALL=0 forbids to install node modules \(npm ci\)/);
    expect(exitCode).toBe(2);
    expect(existsSync(join(project, "node_modules"))).toBe(false);
  });

  test.each(["diff", "check"])("%s installs nothing, and says that up would", async (command) => {
    const { stderr, exitCode } = await run("cli/main.ts", command);
    expect(stderr).toMatch(/node modules are missing: `up` would install node modules \(npm ci\)/);
    expect(exitCode).toBe(2);
    expect(existsSync(join(project, "node_modules"))).toBe(false);
  });

  test("ends with 2 and npm's exit code where npm fails", async () => {
    writeFileSync(join(project, "bin/npm"), "#!/bin/sh\nexit 7\n", { mode: 0o755 });
    const { stderr, exitCode } = await run("program.ts");
    expect(stderr).toContain("exit code 7");
    expect(exitCode).toBe(2);
  });
});
