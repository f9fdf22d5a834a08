import { join } from "node:path";
import { execa, execaSync } from "execa";
import { afterEach, expect, test, vi } from "vitest";
import { ensureImages } from "../../lab/images/ensure.ts";
import { isAbandoned, newOwner } from "../../lab/images/leftovers.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import type { Progress } from "../../lab/progress.ts";
import { errorLine, lines, type StubBehaviour, stubEngine } from "./stub-engine.ts";
import { go, stubPrograms } from "./stub-programs.ts";

const tailscale = { program: "tailscale", version: "1.102.5" } as const;
const tags = [imageRef({ program: "base" })];
const label = "tailnet-lab.build";
const now = () => Math.floor(Date.now() / 1000);
const hour = 3600;

afterEach(() => vi.unstubAllEnvs());

/** Builds an image on a stub engine, with Go; returns what was removed. */
async function removed(behaviour: StubBehaviour): Promise<string[]> {
  using programs = stubPrograms();
  programs.add("go", go);
  await using engine = await stubEngine({ tags, ...behaviour });
  vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
  const progress: Progress = { step: (_title, work) => work(() => {}) };
  await ensureImages([tailscale], progress).catch(() => {});
  return engine.calls
    .filter((call) => call.startsWith("DELETE "))
    .map((call) => call.slice("DELETE /".length).split("?")[0] ?? "");
}

test("a source image goes when the programs are copied", async () => {
  expect(await removed({})).toContain("images/step1");
});

test("a source image goes when the build on it fails", async () => {
  const build = (file: string) =>
    file === "program.Dockerfile" ? errorLine("no") : lines({ aux: { ID: "sha256:2" } });
  expect(await removed({ build })).toEqual(["images/step1", "images/step2"]);
});

/** Of a process that has ended, as another machine's or container's can't be told. */
function deadOwner(): string {
  const { stdout: pid } = execaSync("sh", ["-c", "echo $$"]);
  const [space] = newOwner().split(".");
  return `${space}.${pid}.00000000`;
}

test("what a killed process left goes, containers first; what others build or use stays", async () => {
  const owned = (owner: string, Id: string, Created = now()) => ({
    Id,
    Labels: { [label]: owner },
    Created,
  });
  const alive = `${newOwner().split(".")[0]}.${process.ppid}.00000000`;
  const gone = await removed({
    containers: [
      owned(deadOwner(), "dead-step"),
      owned(alive, "living-step"),
      owned("", "of-a-finished-image", now() - 1000 * hour),
    ],
    untagged: [
      owned(deadOwner(), "dead"),
      owned(alive, "living"),
      owned("elsewhere.1.00000000", "of-another-machine"),
      owned("elsewhere.1.00000000", "of-another-machine-long-ago", now() - 25 * hour),
      owned("", "about-to-be-tagged"),
      owned("", "second-of-two", now() - 2 * hour),
    ],
  });
  expect(gone).toEqual([
    "containers/dead-step",
    "images/dead",
    "images/of-another-machine-long-ago",
    "images/second-of-two",
    "images/step1",
    "images/step2",
  ]);
});

test("an image that another process has finished meanwhile stays, and the second goes", async () => {
  const present = vi
    .fn()
    .mockReturnValueOnce(tags)
    .mockReturnValue([imageRef(tailscale)]);
  await using engine = await stubEngine({
    get tags() {
      return present();
    },
  });
  using programs = stubPrograms();
  programs.add("go", go);
  vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
  const progress: Progress = { step: (_title, work) => work(() => {}) };
  await ensureImages([tailscale], progress);
  expect(engine.calls.some((call) => /^POST \/images\/.*\/tag/.test(call))).toBe(false);
  expect(engine.calls).toContainEqual(expect.stringMatching(/^DELETE \/images\/sha256:1+/));
});

test("whose process runs is not abandoned; an owner is never another's", () => {
  expect(isAbandoned(newOwner(), now())).toBe(false);
  expect(isAbandoned(deadOwner(), now())).toBe(true);
  expect(newOwner()).not.toBe(newOwner());
});

test("no timer holds the process when all is done", async () => {
  await using engine = await stubEngine({ pull: () => errorLine("no") });
  const module = (path: string) => JSON.stringify(join(import.meta.dirname, "../../lab", path));
  const program = `
    import { ensureImages } from ${module("images/ensure.ts")};
    import { silent } from ${module("progress.ts")};
    await ensureImages([{ program: "base" }], silent).catch((error) => console.log(error.name));`;
  const child = execa(process.execPath, ["--input-type=module", "--eval", program], {
    env: { DOCKER_HOST: `unix://${engine.socket}` },
  });
  let saidAt = Number.NaN;
  for await (const line of child) {
    expect(line).toBe("ImageUnbuildable");
    saidAt = performance.now();
  }
  await child;
  expect(performance.now() - saidAt).toBeLessThan(5000);
});
