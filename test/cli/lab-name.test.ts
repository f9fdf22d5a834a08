import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { whichLab } from "../../cli/which-lab.ts";
import { httpEngine, listed } from "./http-engine.ts";
import { runCli } from "./run-cli.ts";

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "lab-name-"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const record = JSON.stringify({
  schema: 2,
  topology: "/somewhere/lab.ts",
  allocation: { subnets: {}, dockerHosts: {}, addresses: {}, regions: {} },
  secret: "a secret",
});

/** An engine that has nothing, and notes the paths that it is asked. */
async function emptyEngine() {
  const asked: string[] = [];
  const engine = await httpEngine((path, response, { method }) => {
    asked.push(`${method} ${path}`);
    response.setHeader("content-type", "application/json");
    response.end(path === "/volumes" ? '{"Volumes": []}' : "[]");
  });
  return { ...engine, asked };
}

describe("what is neither a lab's name nor a topology's file is refused, and nothing is touched", () => {
  const wrong = ["..", "", "/", "./project", ".tailnet-lab/mine", "Mine", "missing.ts"];

  test.each([
    ...wrong,
    ".",
    "../other",
    "here/project",
    ".tailnet-lab",
    "-m",
    "m ",
    "m".repeat(33),
  ])("%j", async (argument) => {
    const refused = { name: "UsageInvalid", where: "[lab]" };
    await expect(whichLab({ argument })).rejects.toMatchObject(refused);
  });

  // One reads for all commands: down gets every name, the others one that would do harm.
  const commands: [string, string[], (name: string) => string[]][] = [
    ["down", wrong, (name) => ["down", "--", name]],
    ["down --lab", ["", ".."], (name) => ["down", `--lab=${name}`]],
    ["inspect", [".."], (name) => ["inspect", "--", name]],
    ["clean --lab", ["", ".."], (name) => ["clean", `--lab=${name}`]],
    ["exec --lab", [""], (name) => ["exec", "laptop", `--lab=${name}`, "--", "true"]],
    ["logs --lab", [".."], (name) => ["logs", "laptop", `--lab=${name}`]],
  ];

  test.each(commands)("%s", async (_title, names, argumentsOf) => {
    await using engine = await emptyEngine();
    const cwd = join(base, "here");
    await mkdir(join(cwd, ".tailnet-lab", "mine"), { recursive: true });
    await mkdir(join(cwd, "project"));
    await mkdir(join(base, "other"));
    await writeFile(join(cwd, ".tailnet-lab", "mine", "lab.json"), record);
    const before = await readdir(base, { recursive: true });
    for (const name of names) {
      const env = { DOCKER_HOST: engine.address };
      const { stderr, ...ended } = await runCli(argumentsOf(name), env, { cwd });
      expect({ name, ...ended }).toEqual({ name, exitCode: 2, stdout: "" });
      expect(stderr).toMatch(/^error: .* is no lab's name, and no file \(UsageInvalid\)$/m);
    }
    expect(await readdir(base, { recursive: true })).toEqual(before);
    expect(engine.asked).toEqual([]);
  });

  test("an argument and a --lab that contradict each other", async () => {
    const { stderr, exitCode } = await runCli(["down", "one", "--lab", "two"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("two labs are named: one and two (UsageInvalid)");
  });
});

test.each([
  `${"m".repeat(32)}-39e96ae4-22345-1`,
  `${"m".repeat(32)}-ed333e-warm-91f692e4588a-11818-12`,
])("a lab that a test started has a name too: %s", async (argument) => {
  expect(await whichLab({ argument })).toBe(argument);
});

describe("a topology's file means the lab that it declares", () => {
  beforeEach(async () => {
    await writeFile(join(base, "lab.mjs"), 'export default { name: "mine", nodes: {} };\n');
  });

  test.each([[["down", "lab.mjs"]], [["inspect", "./lab.mjs"]], [["down", "--lab", "lab.mjs"]]])(
    "%j",
    async (args) => {
      await using engine = await emptyEngine();
      const options = { cwd: base };
      const { stderr, exitCode } = await runCli(args, { DOCKER_HOST: engine.address }, options);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^error: no lab mine .*\(LabNotFound\)$/m);
    },
  );

  test("clean --lab asks the engine for that lab alone", async () => {
    const filters: string[] = [];
    await using engine = await httpEngine((path, response, { url }) => {
      if (path === "/containers/json") {
        filters.push(new URL(url ?? "", "http://x").searchParams.get("filters") ?? "");
      }
      response.setHeader("content-type", "application/json");
      response.end(path === "/volumes" ? '{"Volumes": []}' : "[]");
    });
    const args = ["clean", "--lab", "lab.mjs"];
    const { exitCode } = await runCli(args, { DOCKER_HOST: engine.address }, { cwd: base });
    expect(exitCode).toBe(0);
    expect(filters.length).toBeGreaterThan(0);
    for (const filter of filters) expect(filter).toContain("tailnet-lab.lab=mine");
  });

  test("one that is invalid is told as validate tells it", async () => {
    await writeFile(join(base, "bad.mjs"), 'export default { name: "Mine" };\n');
    const { stderr, exitCode } = await runCli(["down", "bad.mjs"], {}, { cwd: base });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("(TopologyInvalid)");
  });
});

test("down leaves a test's lab, and says what removes it", async () => {
  await using engine = await httpEngine((path, response, { url }) => {
    const filters = new URL(url ?? "", "http://x").searchParams.get("filters") ?? "";
    const container = listed("mine", "nas") as { Labels: Record<string, string> };
    container.Labels["tailnet-lab.run"] = "reused";
    const isTests = path === "/containers/json" && !filters.includes("tailnet-lab.run=");
    response.setHeader("content-type", "application/json");
    response.end(
      path === "/volumes" ? '{"Volumes": []}' : JSON.stringify(isTests ? [container] : []),
    );
  });
  const env = { DOCKER_HOST: engine.address };
  const { stderr, exitCode } = await runCli(["down", "mine"], env, { cwd: base });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("run `tailnet-lab clean --lab mine`");
});

describe("down removes the state of a lab", () => {
  const down = async () => {
    await using engine = await emptyEngine();
    return await runCli(["down", "mine"], { DOCKER_HOST: engine.address }, { cwd: base });
  };

  test("with a record of ours, and leaves no trace", async () => {
    await mkdir(join(base, ".tailnet-lab", "mine", "stacks"), { recursive: true });
    await writeFile(join(base, ".tailnet-lab", "mine", "lab.json"), record);
    const { exitCode, stderr } = await down();
    expect(exitCode, stderr).toBe(0);
    expect(await readdir(base)).toEqual([]);
  });

  test("never without a record", async () => {
    await mkdir(join(base, ".tailnet-lab", "mine"), { recursive: true });
    await writeFile(join(base, ".tailnet-lab", "mine", "photos"), "");
    const { exitCode, stderr } = await down();
    expect(exitCode).toBe(2);
    expect(stderr).toContain("this directory has no record of a lab, and stays (UsageInvalid)");
    expect(await readdir(join(base, ".tailnet-lab", "mine"))).toEqual(["photos"]);
  });

  test.each([".tailnet-lab", ".tailnet-lab/mine"])("never through a link: %s", async (link) => {
    const target = join(base, "target");
    const directory = link === ".tailnet-lab" ? join(target, "mine") : target;
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "lab.json"), record);
    if (link !== ".tailnet-lab") await mkdir(join(base, ".tailnet-lab"));
    await symlink(target, join(base, link));
    const { exitCode, stderr } = await down();
    expect(exitCode).toBe(2);
    expect(stderr).toContain("symbolic link");
    expect(stderr).toContain("(UsageInvalid)");
    expect(await readdir(directory)).toEqual(["lab.json"]);
  });
});

test("a lab that runs is found by its topology's file", async () => {
  await writeFile(join(base, "lab.mjs"), 'export default { name: "mine", nodes: {} };\n');
  await using engine = await httpEngine((path, response) => {
    response.setHeader("content-type", "application/json");
    response.end(path === "/containers/json" ? JSON.stringify([listed("mine", "nas")]) : "[]");
  });
  const args = ["logs", "nobody", "--lab", "lab.mjs"];
  const { stderr } = await runCli(args, { DOCKER_HOST: engine.address }, { cwd: base });
  expect(stderr).toContain("lab mine has no node nobody (NodeNotFound)");
});
