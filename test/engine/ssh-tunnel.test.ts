import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startCli } from "../cli/run-cli.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An `ssh` that forwards a socket of this machine, as the real one does of another, until its input ends. */
function stubSsh(program: string): Record<string, string> {
  writeFileSync(join(folder, "ssh"), `#!${process.execPath}\n${program}`, { mode: 0o755 });
  return { PATH: `${folder}:${process.env.PATH}` };
}

const forwards = `
const { connect, createServer } = require("node:net");
const args = process.argv.slice(2);
require("node:fs").writeFileSync(__dirname + "/args", args.join(" "));
const [local, remote] = args[args.indexOf("-L") + 1].split(":");
createServer((near) => {
  const far = connect(remote);
  near.pipe(far).pipe(near);
}).listen(local, () => process.stdin.pipe(process.stdout));
process.stdin.on("end", () => process.exit());
`;

test("DOCKER_HOST=ssh:// goes through one tunnel, which ends with the command", async () => {
  const socket = join(folder, "docker.sock");
  const server = createServer((_request, response) => response.end("[]"));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const env = { ...stubSsh(forwards), DOCKER_HOST: `ssh://me@far.example:2222${socket}` };
  const { stderr, exitCode } = await startCli(["inspect", "mine"], env);
  server.close();
  expect(stderr).toContain("(LabNotFound)");
  expect(exitCode).toBe(2);
  const args = readFileSync(join(folder, "args"), "utf8");
  expect(args).toMatch(/-p 2222 -l me -- far\.example cat$/);
  const [, local = ""] = /-L (\S+):/.exec(args) ?? [];
  expect(local).not.toBe("");
  expect(existsSync(local)).toBe(false);
});

test("what ssh says is told, with what to do", async () => {
  const refuses = 'console.error("Permission denied (publickey)."); process.exit(255);';
  const env = { ...stubSsh(refuses), DOCKER_HOST: "ssh://me@far.example" };
  const { stderr, exitCode } = await startCli(["inspect", "mine"], env);
  expect(stderr).toContain("no way to the Docker Engine by SSH: Permission denied (publickey).");
  expect(stderr).toContain("ssh me@far.example docker version");
  expect(exitCode).toBe(2);
});
