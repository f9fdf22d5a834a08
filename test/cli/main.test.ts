import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { commandLine, environment, runCli, startCli } from "./run-cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-lab-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const names = [
  "up",
  "diff",
  "down",
  "validate",
  "schema",
  "inspect",
  "exec",
  "logs",
  "ping",
  "reach",
  "netcheck",
  "clean",
];

describe("help", () => {
  test("lists every command, with examples, on standard output", async () => {
    const { stdout, exitCode } = await runCli(["--help"]);
    expect(exitCode).toBe(0);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(stdout).toContain("Examples:");
  });

  test.each(names)("%s --help has examples and --json", async (name) => {
    const { stdout, exitCode } = await runCli([name, "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: tailnet-lab ${name}`);
    expect(stdout).toContain(`  tailnet-lab ${name}`);
    expect(stdout).toContain("--json");
  });
});

test.each([["--version"], ["-V"]])("%s is the package's", async (flag) => {
  const { stdout, exitCode } = await startCli([flag]);
  expect(stdout).toBe(manifest.version);
  expect(exitCode).toBe(0);
});

test("schema prints the JSON Schema, with --json or without", async () => {
  const { stdout, exitCode } = await runCli(["schema"]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ type: "object", required: ["name", "nodes"] });
  expect((await runCli(["schema", "--json"])).stdout).toBe(stdout);
});

describe("a full disk", () => {
  const validate = (...args: string[]) =>
    execa({ reject: false, cwd: root, env: environment })("sh", [
      "-c",
      `exec "$@" ${args.pop()}`,
      "sh",
      process.execPath,
      ...commandLine,
      "validate",
      ...args,
    ]);

  test("behind standard output is an error", async () => {
    const { stderr, exitCode } = await validate(">/dev/full");
    expect(stderr).toMatch(/^error: can't write the result to standard output: .*ENOSPC/);
    expect(stderr.split("\n")).toHaveLength(1);
    expect(exitCode).toBe(2);
  });

  test("behind standard error takes no result away", async () => {
    const { stdout, exitCode } = await validate("nowhere.yaml", "--json", "2>/dev/full");
    expect(JSON.parse(stdout)).toMatchObject({ error: { name: "TopologyUnreadable" } });
    expect(exitCode).toBe(2);
  });
});

describe("bad use ends with 2", () => {
  test.each([
    [["frobnicate"], "unknown command"],
    [["ping", "laptop"], "missing required argument 'to'"],
    [["inspect", "--colour"], "unknown option '--colour'"],
    [["logs", "laptop", "--tail", "few"], "write a whole number"],
  ])("%j", async (args, words) => {
    const { stdout, stderr, exitCode } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stdout).toBe("");
  });

  test("no command at all shows the help and ends with 2", async () => {
    const { stderr, exitCode } = await runCli([]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Usage: tailnet-lab");
  });
});

describe("no engine ends with 2 and one clear line", () => {
  test.each([
    [["inspect"]],
    [["ping", "a", "b"]],
    [["reach", "a", "b"]],
    [["exec", "a", "--", "true"]],
    [["logs", "a"]],
    [["netcheck", "a"]],
    [["clean"]],
    [["up"]],
  ])("%j", async (args) => {
    const { stdout, stderr, exitCode } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: no Docker Engine answers.* \(EngineMissing\)$/m);
    expect(stderr).toContain("unix:///nowhere/docker.sock");
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test("a process ends by itself, with that exit code", async () => {
    const { stdout, stderr, exitCode } = await startCli(["inspect"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toContain("(EngineMissing)");
  });

  test("--json tells the same to a program", async () => {
    const { stdout, exitCode } = await runCli(["inspect", "--json"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      error: { name: "EngineMissing", where: "unix:///nowhere/docker.sock", issues: [] },
    });
  });

  test("a --json after -- is the program's own", async () => {
    const { stdout } = await runCli(["exec", "a", "--", "tool", "--json"]);
    expect(stdout).toBe("");
  });
});

describe("validate", () => {
  test("the default lab is valid, and needs no engine", async () => {
    const { stdout, stderr, exitCode } = await runCli(["validate", "--json"]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      lab: "homelab",
      nodes: expect.arrayContaining(["laptop", "printer"]),
      networks: expect.arrayContaining(["home", "office"]),
    });
  });

  test("every issue at once, each with its place and a remedy", async () => {
    const file = join(folder, "bad.ts");
    const lab = fileURLToPath(new URL("../../lab/topology/index.ts", import.meta.url));
    await writeFile(
      file,
      `import { defineLab } from ${JSON.stringify(lab)};
export default defineLab({
  name: "bad",
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    a: { kind: "host", network: "hoem" },
    b: { kind: "host", network: "home", address: "10.0.0.1" },
  },
});
`,
    );
    const { stdout, stderr, exitCode } = await startCli(["validate", file]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("(TopologyInvalid)");
    expect(stderr).toMatch(/nodes\.a\.network: [\s\S]*did you mean home\?/);
    expect(stderr).toContain("nodes.b.address");

    const json = await runCli(["validate", file, "--json"]);
    expect(JSON.parse(json.stdout).error.issues).toHaveLength(2);
  });

  test("issues in YAML, by line and column", async () => {
    const file = join(folder, "bad.yaml");
    await writeFile(file, "name: bad\nnodes:\n  a: { kind: host, network: hoem }\n");
    const { stderr, exitCode } = await runCli(["validate", file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${file}:3:29: nodes.a.network: there is no network hoem`);
  });

  test("a file that is not there", async () => {
    const { stderr, exitCode } = await runCli(["validate", join(folder, "none.ts")]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("(TopologyUnreadable)");
  });
});

test("colours only where they are wanted", async () => {
  const coloured = await runCli(["inspect"], { FORCE_COLOR: "1" });
  const plain = await runCli(["inspect"], { NO_COLOR: "1" });
  expect(coloured.stderr).toContain("\u001b[");
  expect(plain.stderr).not.toContain("\u001b[");
});
