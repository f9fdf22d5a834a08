import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ensureImages } from "../../lab/images/ensure.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import type { ImageKey } from "../../lab/plan/plan.ts";
import type { Progress } from "../../lab/progress.ts";
import {
  cut,
  cutAtOnce,
  errorLine,
  lines,
  type StubBehaviour,
  type StubEngine,
  status,
  stubEngine,
  succeed,
} from "./stub-engine.ts";
import { go, mmdebstrap, type StubPrograms, stubPrograms } from "./stub-programs.ts";

const base = { program: "base" } as const;
const tailscale = { program: "tailscale", version: "1.102.5" } as const;
const baseRef = imageRef(base);
const noSuchHost =
  'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host';
const diskFull = "write /var/lib/docker/tmp/1: no space left on device";

let programs: StubPrograms;
beforeEach(() => {
  programs = stubPrograms();
  programs.add("mmdebstrap", mmdebstrap);
  programs.add("apt-get", "");
});
afterEach(() => {
  programs[Symbol.dispose]();
  vi.unstubAllEnvs();
});

interface Outcome {
  error: unknown;
  details: string[];
  engine: StubEngine;
  /** Requests of the kinds that make an image. */
  made: string[];
}

async function ensure(behaviour: StubBehaviour, ...keys: ImageKey[]): Promise<Outcome> {
  await using engine = await stubEngine(behaviour);
  vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
  const details: string[] = [];
  const progress: Progress = { step: (_title, work) => work((text) => details.push(text)) };
  const error = await ensureImages(keys, progress).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const made = engine.calls.filter((call) => /^POST \/(build|images\/create)/.test(call));
  return { error, details, engine, made };
}

const ran = (name: string) => programs.runs().filter((run) => run.startsWith(`${name} `));
const bootstraps = () => ran("mmdebstrap").filter((run) => !run.endsWith("--version"));

/** Ways in which each answer of the engine may fail, and what the user reads. */
const failures = [
  [
    "HTTP 500 at the start",
    status(500, "layer does not exist"),
    "ImageUnbuildable",
    "layer does not exist",
  ],
  [
    "HTTP 401 at the start",
    status(401, "unauthorized: log in first"),
    "ImageUnbuildable",
    "unauthorized: log in first",
  ],
  [
    "an error line in the middle",
    errorLine("unexpected trouble"),
    "ImageUnbuildable",
    "unexpected trouble",
  ],
  ["a full disk in the middle", errorLine(diskFull), "DiskFull", "no space left"],
  ["a full disk at the start", status(500, diskFull), "DiskFull", "no space left"],
  ["the connection cut at the start", cutAtOnce, "EngineLost", "socket hang up"],
  ["the connection cut in the middle", cut, "EngineLost", "aborted"],
  [
    "an answer that ends in the middle of a line",
    (response: { end(text: string): void }) => response.end('{"status":"Dow'),
    "EngineLost",
    "middle of a line",
  ],
  [
    "an answer that is no JSON",
    (response: { end(text: string): void }) => response.end("<html>\u001b[31mno\n"),
    "ImageUnbuildable",
    "no JSON: <html>no",
  ],
] as const;

describe.each(failures)("%s", (_title, answer, name, message) => {
  test("of a pull is told, and nothing is made in its place", async () => {
    const { error, made } = await ensure({ pull: () => answer }, base);
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(made).toHaveLength(1);
    expect(bootstraps()).toEqual([]);
  });

  test("of a program's pull is told, and nothing is built in its place", async () => {
    programs.add("go", go);
    const { error, made } = await ensure({ tags: [baseRef], pull: () => answer }, tailscale);
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(made).toHaveLength(1);
    expect(ran("go")).toEqual([]);
  });

  test.each([
    ["the base", base, succeed, "base.Dockerfile"],
    ["programs on the base", tailscale, succeed, "program.Dockerfile"],
    ["programs by Go", tailscale, undefined, "built.Dockerfile"],
  ])("of a build of %s is told", async (_what, key, pulled, failing) => {
    programs.add("go", go);
    const { error, made } = await ensure(
      {
        tags: key === base ? [] : [baseRef],
        ...(pulled === undefined ? {} : { pull: () => pulled }),
        build: (file) => (file === failing ? answer : lines({ aux: { ID: "sha256:2" } })),
      },
      key,
    );
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(made.at(-1)).toContain(failing);
    expect(bootstraps()).toEqual([]);
  });

  test("of a build in Go's image is told", async () => {
    const pull = (image: string) =>
      image.startsWith("golang") ? succeed : status(404, "manifest unknown");
    const { error } = await ensure({ tags: [baseRef], pull, build: () => answer }, tailscale);
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
  });

  test("of an import is told", async () => {
    const { error, made } = await ensure({ import: answer }, base);
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(bootstraps()).toHaveLength(1);
    expect(made).toHaveLength(2);
  });
});

describe("a registry that lacks the image or does not answer", () => {
  test.each([
    ["at the start", status(500, noSuchHost), noSuchHost],
    [
      "in the middle",
      errorLine("dial tcp 192.0.2.1:443: connect: connection refused"),
      "connection refused",
    ],
    [
      "without the image",
      status(404, "manifest for debian:bookworm-slim not found: manifest unknown"),
      "manifest unknown",
    ],
  ])(
    "%s: the base comes of Debian packages, and the reason is told",
    async (_when, answer, why) => {
      const { error, details } = await ensure({ pull: () => answer }, base);
      expect(error).toBeUndefined();
      expect(bootstraps()).toHaveLength(1);
      expect(details).toContainEqual(
        expect.stringMatching(
          /^making it of Debian packages, as there is no debian:bookworm-slim: /,
        ),
      );
      expect(details.some((detail) => detail.includes(why))).toBe(true);
    },
  );

  test("the programs come of Go modules, and the reason is told", async () => {
    programs.add("go", go);
    const { error, details, made } = await ensure(
      { tags: [baseRef], pull: () => status(500, noSuchHost) },
      tailscale,
    );
    expect(error).toBeUndefined();
    expect(made.map((call) => /dockerfile=(\w+)/.exec(call)?.[1])).toEqual([
      undefined,
      "built",
      "program",
    ]);
    expect(details).toContainEqual(
      `building from Go modules, as there is no tailscale/tailscale:v1.102.5: ${noSuchHost}`,
    );
  });

  test("without Go: what is missing and what to do, once, before anything is installed", async () => {
    vi.stubEnv("TAILNET_LAB_INSTALL", "0");
    const { error } = await ensure({ pull: () => status(500, noSuchHost) }, base, tailscale);
    expect(error).toMatchObject({
      name: "ImageUnbuildable",
      what: expect.stringMatching(
        /this machine needs Go 1\.26 or newer to build the programs from Go modules, .*no such host/,
      ),
      remedy: "let Docker Engine reach a registry, or install Go 1.26 or newer",
    });
    expect(bootstraps()).toEqual([]);
    expect(ran("apt-get")).toEqual([]);
  });

  test("with a registry that has Go's image only, the programs are built there", async () => {
    const pull = (image: string) =>
      image.startsWith("golang:") ? succeed : status(404, `manifest for ${image} not found`);
    const { error, made } = await ensure({ tags: [baseRef], pull }, tailscale);
    expect(error).toBeUndefined();
    expect(made.map((call) => /dockerfile=(\w+)/.exec(call)?.[1])).toEqual([
      undefined,
      undefined,
      "golang",
      "program",
    ]);
  });
});

test("a build that ends without an image is an error with its last output", async () => {
  const build = () =>
    lines({ stream: "Step 1/2 : FROM x\n" }, { stream: "\u001b[31mnothing\u001b[0m done\n" });
  const { error } = await ensure({ pull: () => succeed, build }, base);
  expect(error).toMatchObject({
    name: "ImageUnbuildable",
    message: expect.stringMatching(/ended without an image\nStep 1.*\nnothing done/),
  });
});

test("the error of a build carries its last output", async () => {
  const build = () =>
    lines(
      { stream: " ---> Running in 0123456789ab\n" },
      { stream: "E: Unable to locate package\n" },
      { error: "The command returned a non-zero code: 100" },
    );
  const { error } = await ensure({ pull: () => succeed, build }, base);
  expect(error).toMatchObject({
    message: expect.stringMatching(/non-zero code: 100\nE: Unable to locate package/),
  });
});

test("colours and redrawn lines never get into progress or errors", async () => {
  const build = () =>
    lines(
      { stream: "\u001b[32m10%\r\u001b[32m50%" },
      { stream: "\r\u001b[1mdo" },
      { stream: "ne\u001b[0m\u0007" },
      { error: "\u001b[31mno\u001b[0m" },
    );
  const { error, details } = await ensure({ pull: () => succeed, build }, base);
  expect(details).toEqual(expect.arrayContaining(["50%", "do", "done"]));
  expect(`${details.join("")}${(error as Error).message.replaceAll("\n", "")}`).not.toMatch(
    /\p{Cc}/u,
  );
});

test("images that are there cost one call of the engine", async () => {
  const { error, engine } = await ensure(
    { tags: [baseRef, imageRef(tailscale)] },
    tailscale,
    tailscale,
  );
  expect(error).toBeUndefined();
  expect(engine.calls).toEqual([expect.stringMatching(/^GET \/images\/json\?/)]);
});

test("no engine is EngineMissing, with what to do", async () => {
  vi.stubEnv("DOCKER_HOST", "unix:///nowhere/engine.sock");
  const progress: Progress = { step: (_title, work) => work(() => {}) };
  await expect(ensureImages([base], progress)).rejects.toMatchObject({
    name: "EngineMissing",
    remedy: expect.stringContaining("DOCKER_HOST"),
  });
});

describe("an engine of another architecture", () => {
  const architecture = "aarch64";

  test("images are pulled for it, and programs built for it", async () => {
    programs.add("go", go);
    const { error, details, made } = await ensure({ tags: [baseRef], architecture }, tailscale);
    expect(error).toBeUndefined();
    expect(made[0]).toContain("platform=linux/arm64");
    expect(details).toContain("built for linux/arm64");
  });

  test("whose packages can't run here: the base is refused in one line", async () => {
    vi.spyOn(process, "arch", "get").mockReturnValue("x64");
    const { error } = await ensure({ architecture: "aarch64" }, base);
    // With QEMU registered in this kernel it would be made.
    expect(error).toMatchObject({
      name: "ImageUnbuildable",
      what: expect.stringContaining("this amd64 machine can't make it for the engine's arm64"),
    });
    expect(bootstraps()).toEqual([]);
    vi.restoreAllMocks();
  });

  test("that there are no images for is refused", async () => {
    const { error } = await ensure({ architecture: "s390x" }, base);
    expect(error).toMatchObject({
      name: "ImageUnbuildable",
      what: "there are no images for s390x",
    });
  });

  test("on a machine of its own kind the base is made for it", async () => {
    vi.spyOn(process, "arch", "get").mockReturnValue("arm64");
    const { error } = await ensure({ architecture }, base);
    expect(error).toBeUndefined();
    expect(bootstraps()[0]).toContain("--architectures=arm64");
    vi.restoreAllMocks();
  });
});
