import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpEngine } from "./http-engine.ts";
import { runCli, startCli } from "./run-cli.ts";
// It looks for its shell on PATH as it is loaded: not on a stranger's.
import "zx";

const isRoot = process.getuid?.() === 0;

/** A stranger's directory and home, and a search path whose programs only note that they were called. */
let place: string;
const noted = [
  "apt-get",
  "dockerd",
  "systemctl",
  "modprobe",
  "mknod",
  "npm",
  "go",
  "nft",
  "mmdebstrap",
];

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  for (const folder of ["work", "home/.docker/run", "bin", "tmp"]) {
    mkdirSync(join(place, folder), { recursive: true });
  }
  // Dockerode takes this socket before the system's own: here nobody listens at it.
  writeFileSync(join(place, "home/.docker/run/docker.sock"), "");
});
afterEach(() => rmSync(place, { recursive: true }));

function put(...programs: string[]): void {
  for (const program of programs) {
    const script = `#!/bin/sh\necho "$0 $*" >> "${place}/called"\nexit 1\n`;
    writeFileSync(join(place, "bin", program), script, { mode: 0o755 });
  }
}

/** What a command line gets in the stranger's place: nothing of this environment. */
function stranger(env: Record<string, string>): Record<string, string | undefined> {
  const none = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
  const home = join(place, "home");
  const own = { PATH: join(place, "bin"), HOME: home, TMPDIR: join(place, "tmp") };
  return { ...none, DOCKER_HOST: undefined, ...own, ...env };
}

function run(args: string[], env: Record<string, string> = {}) {
  return runCli(args, stranger(env), { cwd: join(place, "work") });
}

/** Every file of the stranger's, and the programs that were called. */
function traces(): string[] {
  const files = readdirSync(place, { recursive: true, encoding: "utf8" });
  const isMade = (file: string) =>
    !/^(work|home|bin|tmp)$|^home\/\.docker|^bin\/|^called$/.test(file);
  const called = files.includes("called") ? readFileSync(join(place, "called"), "utf8") : "";
  return [...files.filter(isMade), ...called.split("\n").filter((line) => line !== "")];
}

const podman = {
  "/info": { OSType: "linux", MemTotal: 1e10 },
  "/version": { Version: "4.3.1", ApiVersion: "1.41", Components: [{ Name: "Podman Engine" }] },
};
const docker = {
  "/info": { ID: "x", OSType: "linux", KernelVersion: "6.1", MemTotal: 1e8 },
  "/version": { Version: "29.9.0", ApiVersion: "1.52", Components: [] },
};

function engineThat(answers: Record<string, object>) {
  return httpEngine((path, response) => {
    response.setHeader("content-type", "application/json");
    const answer = Object.entries(answers).find(([end]) => path.endsWith(end))?.[1] ?? [];
    response.end(JSON.stringify(answer));
  });
}

describe("diff only looks", () => {
  test("without an engine: what up would do, and nothing done", async () => {
    put(...noted);
    const options = { cwd: join(place, "work") };
    const { stdout, exitCode } = await startCli(["diff"], stranger({}), options);
    expect(stdout).toContain("no Docker Engine answers");
    if (isRoot) expect(stdout).toMatch(/`up` would start (dockerd|the service docker)/);
    expect(stdout).toContain("neither terraform nor tofu is on PATH");
    expect(stdout).toContain("Lab homelab: not compared.");
    expect(exitCode).toBe(2);
    expect(traces()).toEqual([expect.stringMatching(/\/go version$/)]);
  });

  test.runIf(isRoot)("without dockerd: up would install it", async () => {
    const { stdout } = await run(["diff"]);
    expect(stdout).toContain("`up` would install the packages docker.io, iptables");
    expect(traces()).toEqual([]);
  });

  test("an engine without images, and no Terraform: all is told, also as JSON", async () => {
    await using engine = await engineThat(docker);
    const { stdout, exitCode } = await run(["diff", "--json"], { DOCKER_HOST: engine.address });
    const { lab, changes, lacks } = JSON.parse(stdout);
    expect({ lab, changes, exitCode }).toEqual({ lab: "homelab", changes: null, exitCode: 2 });
    expect(lacks.map(({ part }: { part: string }) => part)).toEqual([
      "terraform",
      ...Array(4).fill("image"),
    ]);
    expect(lacks[1].missing).toMatch(/^the engine lacks the image tailnet-lab\/base:/);
    expect(lacks[1].up).toEqual(["pull or build it"]);
    expect(traces()).toEqual([]);
  });
});

describe("TAILNET_LAB_INSTALL=0", () => {
  test.runIf(isRoot)(
    "installs and starts no engine, and names what it would have been",
    async () => {
      put(...noted);
      const { stderr, exitCode } = await run(["up"], { TAILNET_LAB_INSTALL: "0" });
      expect(stderr).toContain("(EngineMissing)");
      expect(stderr).toMatch(/TAILNET_LAB_INSTALL=0 forbids to start (dockerd|the service docker)/);
      expect(exitCode).toBe(2);
      expect(traces()).toEqual([]);
    },
  );

  test("builds no OpenTofu, and names it", async () => {
    put("go");
    await using engine = await engineThat({
      ...docker,
      "/info": { OSType: "linux", MemTotal: 1e12 },
    });
    const env = { TAILNET_LAB_INSTALL: "0", DOCKER_HOST: engine.address };
    const { stderr, exitCode } = await run(["up"], env);
    expect(stderr).toMatch(/TAILNET_LAB_INSTALL=0 forbids to build OpenTofu .* from its Go module/);
    expect(exitCode).toBe(2);
    expect(traces()).toEqual([]);
  });
});

describe("before anything is made, up refuses", () => {
  test("Podman, in one line", async () => {
    await using engine = await engineThat(podman);
    const { stderr, exitCode } = await run(["up"], { DOCKER_HOST: engine.address });
    expect(stderr).toMatch(/^error: this is Podman 4\.3\.1, .*\(EngineUnsupported\)$/m);
    expect(exitCode).toBe(2);
  });

  test("an engine without the memory for the lab", async () => {
    await using engine = await engineThat(docker);
    const { stderr, exitCode } = await run(["up"], { DOCKER_HOST: engine.address });
    expect(stderr).toMatch(
      /^error: \d+ more containers need about \d+ MiB, .* has 95 MiB \(MemoryShort\)$/m,
    );
    expect(exitCode).toBe(2);
  });
});

describe("check", () => {
  test("lists what is there and what stands in the way", async () => {
    await using engine = await engineThat(docker);
    const { stdout, exitCode } = await run(["check"], { DOCKER_HOST: engine.address });
    const lines = stdout.split("\n");
    expect(lines).toContain("✔ engine: Docker Engine 29.9.0, kernel 6.1");
    expect(stdout).toMatch(
      /^✖ terraform: neither terraform nor tofu .*\(TerraformMissing\)\n {2}→ install/m,
    );
    expect(stdout).toMatch(
      /^\+ images: the engine lacks the image .*: `up` would pull or build it$/m,
    );
    expect(stdout).toMatch(/^\? TUN devices: not tried: it needs the image/m);
    expect(stdout).toMatch(/^✖ room: .*\(MemoryShort\)$/m);
    expect(exitCode).toBe(2);
    expect(traces()).toEqual([]);
  });

  test("as JSON, without an engine", async () => {
    const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
    const { stdout, exitCode } = await run(["check", "--json"], env);
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(checks[0]).toMatchObject({ check: "engine", state: "failed", error: "EngineMissing" });
    expect(exitCode).toBe(2);
  });
});
