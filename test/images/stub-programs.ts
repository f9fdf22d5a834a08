import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

export interface StubPrograms extends Disposable {
  /** What was run: `NAME ARGUMENTS`, one a line. */
  runs(): string[];
  /** Puts a shell script on PATH; it may use builtins and what /bin has. */
  add(name: string, script: string): void;
}

/** Makes a PATH of its own for programs that record that they ran. */
export function stubPrograms(): StubPrograms {
  const folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  const log = join(folder, "log");
  vi.stubEnv("PATH", folder);
  return {
    runs: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
    add(name, script) {
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>${log}\n${script}\n`);
      chmodSync(path, 0o755);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes an empty archive. */
export const mmdebstrap = `for word; do case $word in *.tar) : >"$word";; esac; done`;

/** Builds one empty program, and records what for. */
export const go = `case "$1 $2" in
"mod download") echo '{"GoMod":"/there/go.mod"}';;
"mod edit") echo '{}';;
"build "*) echo "built for $GOOS/$GOARCH" >&2; : >bin/program;;
esac`;
