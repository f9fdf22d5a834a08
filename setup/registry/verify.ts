/**
 * `npm run verify:registry`: the default lab from official images, as most users get it. A registry on
 * loopback has stand-ins of them, a second engine has it as its mirror, and a user without root and
 * without Go brings the lab up, also after a Ctrl-C. Needs root, Go and the lab's own images.
 */
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { connectEngine } from "../../lab/engine/engine.ts";
import { LabError } from "../../lab/errors.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { hasGo } from "../../lab/images/golang.ts";
import { ownerLabel } from "../../lab/images/leftovers.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { openTemporaryDirectory } from "../../lab/images/temporary-directory.ts";
import { isRoot } from "../../lab/machine-changes.ts";
import { pinnedImages } from "../../lab/plan/images.ts";
import { plainProgress } from "../../lab/progress.ts";
import { ensureTerraform } from "../terraform.ts";
import { ensureDockerRegistry } from "./docker-registry.ts";
import { startEngineWithMirror } from "./engine-with-mirror.ts";
import { pushStandIns } from "./stand-ins.ts";
import { makeUser, type User } from "./user.ts";

const progress = plainProgress();
const root = fileURLToPath(new URL("../..", import.meta.url));
const timings: [string, number][] = [];

async function main(signal: AbortSignal): Promise<void> {
  if (!isRoot()) throw new LabError("UsageInvalid", "the check starts an engine: it needs root");
  if (!(await hasGo()))
    throw new LabError(
      "UsageInvalid",
      "the check's golang image is made of this machine's Go, and there is none",
    );
  const registry = await ensureDockerRegistry(progress);
  const terraform = await ensureTerraform(progress, signal);
  await ensureImages(pinnedImages, progress, signal);
  using temporary = openTemporaryDirectory();
  const folder = temporary.folder("registry");
  mkdirSync(folder, { recursive: true });
  chmodSync(dirname(folder), 0o711);
  await using second = await startEngineWithMirror(folder, registry);
  await timed("stand-ins of the official images pushed", () =>
    progress.step("stand-ins of the official images", async (detail) =>
      pushStandIns({
        source: await connectEngine(),
        target: second.engine,
        folder: join(folder, "stand-ins"),
        signal,
        detail,
      }),
    ),
  );
  check(
    "the second engine has no image",
    (await second.engine.listImages({ all: true })).length === 0,
  );

  const user = makeUser(join(folder, "user"), {
    root,
    pid: second.pid,
    socket: second.socket,
    terraform,
    signal,
  });
  await timed("up, from the first pull to converged", () => run(user, 0, "up"));
  await expectNothingLeft(second.engine);
  const asked = second.registryLog();
  for (const name of ["debian", "tailscale", "headscale", "golang"]) {
    check(`the registry gave ${name}`, new RegExp(`GET /v2/\\w+/${name}/blobs/`).test(asked));
  }
  await timed("reach", async () => {
    const reached = await run(user, 0, "reach", "laptop", "server:80");
    check("laptop reached server", /reached/.test(reached));
  });
  await timed("up again", async () => {
    check("a second up changes nothing", /no changes/.test(await run(user, 0, "up")));
  });
  await timed("down", () => run(user, 0, "down"));
  const containers = await second.engine.listContainers({ all: true });
  check("no container is left after down", containers.length === 0);

  const { engine } = second;
  for (const ref of pinnedImages.map(imageRef)) await engine.getImage(ref).remove();
  await timed("up again without images, interrupted in the build of derper", () =>
    interruptBuild(user, engine),
  );
  await expectNothingLeft(engine);
}

/** Ctrl-C while Go compiles in its official image. */
async function interruptBuild(user: User, engine: Docker): Promise<void> {
  const up = user.lab("up");
  let isOver = false;
  void up.finally(() => {
    isOver = true;
  });
  while (!isOver && !(await isCompiling(engine))) await pause(200);
  const since = performance.now();
  up.kill("SIGINT");
  const { exitCode } = await up;
  timings.push(["from Ctrl-C to the end of up", performance.now() - since]);
  check(`up ends with 130 (${exitCode})`, exitCode === 130);
}

async function isCompiling(engine: Docker): Promise<boolean> {
  const containers = await engine.listContainers({ filters: { label: [ownerLabel] } });
  return containers.some(({ Command }) => Command.includes("go build"));
}

/** The engine may still be taking down the step that was cut off. */
async function expectNothingLeft(engine: Docker): Promise<void> {
  const deadline = performance.now() + 10_000;
  const left = async () => {
    const untagged = await engine.listImages({ filters: { dangling: ["true"] } });
    const all = await engine.listContainers({ all: true, filters: { label: [ownerLabel] } });
    const steps = all.filter(({ Labels }) => Labels[ownerLabel] !== "");
    return [...untagged, ...steps].map(({ Id }) => Id);
  };
  while ((await left()).length > 0 && performance.now() < deadline) await pause(200);
  const ids = await left();
  check(`nothing of a build is left ${ids.join(" ")}`, ids.length === 0);
}

async function run(user: User, expected: number, ...args: string[]): Promise<string> {
  console.log(`\n$ tailnet-lab ${args.join(" ")}`);
  const { exitCode, all } = await user.lab(...args);
  check(`tailnet-lab ${args.join(" ")}: exit code ${exitCode}`, exitCode === expected);
  return String(all);
}

function check(what: string, isTrue: boolean): void {
  if (!isTrue) throw new Error(`not so: ${what}`);
  console.log(`ok: ${what}`);
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const since = performance.now();
  await work();
  timings.push([what, performance.now() - since]);
}

const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => controller.abort(new Error("interrupted")));
}
try {
  await main(controller.signal);
  console.log("");
  for (const [what, ms] of timings) {
    console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${what}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof LabError ? 2 : 1;
  if (controller.signal.aborted) process.exitCode = 130;
}
