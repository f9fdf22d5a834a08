import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const script = fileURLToPath(new URL("../../../setup/engines/engine.sh", import.meta.url));
const isPossible =
  spawnSync("unshare", ["--net", "--mount", "--pid", "--fork", "true"]).status === 0;

let programs: string;
let directory: string;

beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  directory = mkdtempSync(join(tmpdir(), "tailnet-lab-test-engine-"));
});

afterEach(() => {
  rmSync(programs, { recursive: true });
  rmSync(directory, { recursive: true, force: true });
});

/** Starts the script with a program in dockerd's place. */
function start(dockerd: string, ...beside: string[]): ChildProcess {
  const program = join(programs, "dockerd");
  writeFileSync(program, `#!/bin/bash\n${dockerd}`, { mode: 0o755 });
  const argv = [script, directory, "nowhere", program, ...beside];
  return spawn("bash", argv, { stdio: ["pipe", "ignore", "pipe"] });
}

/** Stands for an engine with a container that has left its session. @returns the mark of its processes */
async function startWithContainer(): Promise<{ engine: ChildProcess; mark: string }> {
  const mark = `sleep ${1e6 + Math.floor(Math.random() * 1e6)}`;
  const engine = start(`mkdir /sys/fs/cgroup/pids/${directory.split("/").at(-1)} || true
setsid ${mark} &
touch "${directory}/started"
${mark}
`);
  await vi.waitUntil(() => existsSync(join(directory, "started")), { timeout: 10_000 });
  return { engine, mark };
}

function alive(mark: string): string[] {
  return spawnSync("pgrep", ["-fx", mark], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
}

test.runIf(isPossible)("when its input ends, nothing is left", async () => {
  const { engine, mark } = await startWithContainer();
  expect(alive(mark)).toHaveLength(2);
  engine.stdin?.end();
  await once(engine, "close");
  expect(alive(mark)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
  const groups = spawnSync("find", ["/sys/fs/cgroup", "-name", directory.split("/").at(-1) ?? ""]);
  expect(groups.stdout.toString()).toBe("");
});

test.runIf(isPossible)("when it is killed itself, no process is left", async () => {
  const { engine, mark } = await startWithContainer();
  expect(alive(mark)).toHaveLength(2);
  engine.kill("SIGKILL");
  await vi.waitUntil(() => alive(mark).length === 0, { timeout: 10_000 });
});

test.runIf(isPossible)("an engine that fails ends it, and is heard", async () => {
  const engine = start("echo no such option >&2; exit 3");
  let output = "";
  engine.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  const [code] = await once(engine, "close");
  expect(code).toBe(3);
  expect(output).toBe("no such option\n");
  expect(existsSync(directory)).toBe(false);
});

test.runIf(isPossible)("the machine's interfaces and sockets are out of its sight", async () => {
  const seen = join(programs, "seen");
  const engine = start(`{ ls /sys/class/net; find /run -type s; } > ${seen}`);
  await once(engine, "close");
  expect(readFileSync(seen, "utf8")).toBe("lo\nnowhere\nuplink\n");
});

test.runIf(isPossible)(
  "a program beside the engine shares its network, and goes with it",
  async () => {
    const [own, other] = [join(programs, "own"), join(programs, "other")];
    const mark = `sleep ${1e6 + Math.floor(Math.random() * 1e6)}`;
    const beside = `readlink /proc/self/ns/net > ${other}; ${mark}`;
    const dockerd = `readlink /proc/self/ns/net > ${own}; until [ -s ${other} ]; do sleep 0.05; done`;
    const engine = start(dockerd, "sh", "-c", beside);
    await once(engine, "close");
    expect(readFileSync(other, "utf8")).toBe(readFileSync(own, "utf8"));
    expect(alive(mark)).toEqual([]);
  },
);
