import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { buildPrograms } from "../../lab/images/golang.ts";

const recipe = {
  module: { path: "example.org/tool", version: "v1.2.3" },
  packages: ["example.org/tool/cmd/tool"],
  ldflags: "-s -w",
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A `go` that answers by shell: $1 is the subcommand. */
function goThat(script: string): void {
  writeFileSync(join(folder, "go"), `#!/bin/sh\ncase "$1 $2" in\n${script}\nesac\n`, {
    mode: 0o755,
  });
}

const downloaded = `"mod download") echo '{"GoMod":"/there/go.mod"}';;`;

test("heeds the module's own replacements, but for those by folders", async () => {
  goThat(`${downloaded}
    "mod edit") echo '{"Replace":[
      {"Old":{"Path":"example.org/a","Version":"v1.0.0"},"New":{"Path":"example.org/b","Version":"v1.1.0"}},
      {"Old":{"Path":"example.org/c"},"New":{"Path":"../c"}}]}';;`);
  await buildPrograms({ folder, detail: () => {} }, recipe);
  const goMod = readFileSync(join(folder, "go.mod"), "utf8");
  expect(goMod).toContain("require example.org/tool v1.2.3");
  expect(goMod).toContain("replace example.org/a v1.0.0 => example.org/b v1.1.0");
  expect(goMod).not.toContain("../c");
});

test("tells how far the build is", async () => {
  goThat(`${downloaded}
    "mod edit") echo '{}';;
    "build "*) echo 'go: downloading example.org/a v1.0.0' >&2; echo net/http >&2; echo example.org/tool >&2;;`);
  const details: string[] = [];
  await buildPrograms({ folder, detail: (text) => details.push(text) }, recipe);
  expect(details).toEqual([
    "go: downloading example.org/a v1.0.0",
    "1 packages compiled: net/http",
    "2 packages compiled: example.org/tool",
  ]);
});

test("gives Go's words on a version that there is none of", async () => {
  goThat(
    `"mod download") echo '{"Error":"example.org/tool@v1.2.3: unknown revision v1.2.3"}'; exit 1;;`,
  );
  await expect(buildPrograms({ folder, detail: () => {} }, recipe)).rejects.toThrow(
    /unknown revision v1\.2\.3/,
  );
});

test("gives Go's words on a Go that is too old", async () => {
  goThat(`${downloaded}
    "mod edit") echo '{}';;
    "build "*) echo 'go: example.org/tool@v1.2.3 requires go >= 1.26.6 (running go 1.22.0; GOTOOLCHAIN=local)' >&2; exit 1;;`);
  await expect(buildPrograms({ folder, detail: () => {} }, recipe)).rejects.toThrow(
    /requires go >= 1\.26\.6 \(running go 1\.22\.0/,
  );
});
