import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ensureImages } from "../../lab/images/ensure.ts";
import { isRunning } from "../../lab/images/leftovers.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import type { ImageKey } from "../../lab/plan/plan.ts";
import type { Progress } from "../../lab/progress.ts";
import { hang, type StubBehaviour, status, stubEngine, succeed } from "./stub-engine.ts";
import { go, mmdebstrap, type StubPrograms, stubPrograms } from "./stub-programs.ts";

const base = { program: "base" } as const;
const tailscale = { program: "tailscale", version: "1.102.5" } as const;
const notFound = () => status(404, "manifest unknown");

/** A program that says that it runs, and then does nothing, with a child that holds its output. */
const hangs = '/bin/sleep 100 & echo "running child $!"; wait';

let programs: StubPrograms;
let temporary: string;
beforeEach(() => {
  programs = stubPrograms();
  programs.add("apt-get", "");
  temporary = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("TMPDIR", temporary);
});
afterEach(() => {
  programs[Symbol.dispose]();
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

/** Aborts at the first detail that contains `at`, or, where that is a request, when it has come. */
async function abortAt(at: string, behaviour: StubBehaviour, key: ImageKey) {
  await using engine = await stubEngine(behaviour);
  vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
  const controller = new AbortController();
  const reason = new Error("interrupted by the user");
  let abortedAt = 0;
  let child: number | undefined;
  const progress: Progress = {
    step: (_title, work) =>
      work((detail) => {
        if (abortedAt > 0 || !detail.includes(at)) return;
        abortedAt = performance.now();
        child = Number(/child (\d+)/.exec(detail)?.[1]);
        controller.abort(reason);
      }),
  };
  await expect(ensureImages([key], progress, controller.signal)).rejects.toBe(reason);
  expect(abortedAt, `there was a detail with "${at}"`).toBeGreaterThan(0);
  // The engine is asked for what is left over, and then nothing more is begun.
  expect(engine.calls.at(-1)).toMatch(/^(GET \/images\/json.*dangling|DELETE)/);
  const left = readdirSync(temporary).filter((name) => name.startsWith("tailnet-lab-images-"));
  expect(left).toEqual([]);
  return { child, runs: programs.runs(), calls: engine.calls, took: performance.now() - abortedAt };
}

/** Ended, also where its new parent has yet to take notice, which may take seconds: proc_pid_stat(5). */
async function expectEnd(child: number | undefined): Promise<void> {
  expect(child).toBeGreaterThan(0);
  const file = `/proc/${child}/stat`;
  const isUnnoticed = () => existsSync(file) && /\) Z /.test(readFileSync(file, "utf8"));
  await vi.waitUntil(() => !isRunning(child ?? NaN) || isUnnoticed(), { timeout: 2000 });
}

const makes = (call: string) => /^POST \/(build|images\/create)/.test(call);
/** Shorter than what a program is given to end by itself. */
const atOnceMs = 3000;

test("in a pull of the base: Debian packages aren't tried", async () => {
  programs.add("mmdebstrap", mmdebstrap);
  const { runs, calls, took } = await abortAt("Downloading", { pull: () => hang }, base);
  expect(runs).toEqual([]);
  expect(calls.filter(makes)).toHaveLength(1);
  expect(took).toBeLessThan(atOnceMs);
});

test("in a pull of programs: Go isn't tried", async () => {
  programs.add("go", go);
  const tags = [imageRef(base)];
  const { runs, calls, took } = await abortAt("Downloading", { tags, pull: () => hang }, tailscale);
  expect(runs).toEqual([]);
  expect(calls.filter(makes)).toHaveLength(1);
  expect(took).toBeLessThan(atOnceMs);
});

test("in a build", async () => {
  const { took } = await abortAt("Downloading", { pull: () => succeed, build: () => hang }, base);
  expect(took).toBeLessThan(atOnceMs);
});

test("in an import", async () => {
  programs.add("mmdebstrap", mmdebstrap);
  const { took } = await abortAt("importing", { pull: notFound, import: hang }, base);
  expect(took).toBeLessThan(atOnceMs);
});

test("in mmdebstrap: with all that it has started, and nothing is imported", async () => {
  programs.add("mmdebstrap", `[ "$1" = --version ] || { ${hangs}; }`);
  const { child, calls, took } = await abortAt("running", { pull: notFound }, base);
  await expectEnd(child);
  expect(calls.filter(makes)).toHaveLength(1);
  expect(took).toBeLessThan(atOnceMs);
});

test("in apt-get: which is interrupted, and no second one is started", async () => {
  vi.spyOn(process, "getuid").mockReturnValue(0);
  if (!existsSync("/usr/bin/apt-get")) return;
  programs.add("mmdebstrap", "exit 1");
  programs.add("apt-get", "trap 'exit 130' INT; echo running; while :; do /bin/sleep 0.1; done");
  const { runs, took } = await abortAt("mmdebstrap: running", { pull: notFound }, base);
  expect(runs.filter((run) => run.startsWith("apt-get"))).toEqual(["apt-get update"]);
  expect(took).toBeLessThan(atOnceMs);
  vi.restoreAllMocks();
});

test("in Go's download of a module", async () => {
  programs.add("go", `[ "$1" = version ] || exec /bin/sleep 100`);
  const { runs, took } = await abortAt(
    "building from Go modules",
    { tags: [imageRef(base)], pull: notFound },
    tailscale,
  );
  expect(runs.some((run) => run.startsWith("go build"))).toBe(false);
  expect(took).toBeLessThan(atOnceMs);
});

test("in Go's compiling: with all that it has started", async () => {
  programs.add("go", `if [ "$1" = build ]; then ${hangs}; fi\n${go}`);
  const behaviour = { tags: [imageRef(base)], pull: notFound };
  const { child, took } = await abortAt("running", behaviour, tailscale);
  await expectEnd(child);
  expect(took).toBeLessThan(atOnceMs);
});

test("before anything: nothing is asked", async () => {
  await using engine = await stubEngine({});
  vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
  const progress: Progress = { step: (_title, work) => work(() => {}) };
  await expect(ensureImages([base], progress, AbortSignal.abort("gone"))).rejects.toBe("gone");
  expect(engine.calls).toEqual([]);
});
