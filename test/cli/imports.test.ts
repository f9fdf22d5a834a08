import { execa } from "execa";
import { expect, test } from "vitest";
import { commandLine, environment } from "./run-cli.ts";

/** A hook, as a data: URL, that prints each package as its first file is loaded. */
const tellPackages = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
const packages = new Set();
registerHooks({
  load(url, context, next) {
    const name = url.split("/node_modules/").slice(1).at(-1)?.match(/^(@[^/]+[/])?[^/]+/)?.[0];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});
process.on("exit", () => writeSync(2, "\\nPACKAGES " + [...packages].join(" ")));
`)}`;

/** The packages that a command line loads before it finds no engine. */
async function packagesOf(args: readonly string[]): Promise<string[]> {
  const { stderr } = await execa(
    process.execPath,
    ["--import", tellPackages, ...commandLine, ...args],
    { env: environment, reject: false, stdin: "ignore" },
  );
  return stderr.split("PACKAGES ").at(-1)?.trim().split(" ") ?? [];
}

test.each([
  [["--version"], ["commander"]],
  [["exec", "--help"], ["commander"]],
])("%j loads %j and nothing else", async (args, expected) => {
  expect(await packagesOf(args)).toEqual(expected);
});

test.each([
  [
    ["exec", "a", "--", "true"],
    ["zod", "cdktf", "execa", "zx", "ssh2", "@grpc/grpc-js"],
  ],
  [
    ["logs", "a"],
    ["zod", "cdktf", "execa", "zx", "ssh2", "@grpc/grpc-js"],
  ],
  [["inspect"], ["cdktf", "execa", "zx", "ssh2", "@grpc/grpc-js"]],
  [["validate"], ["dockerode", "cdktf", "execa", "zx", "yaml"]],
  [["--help"], ["dockerode", "cdktf", "execa", "zx"]],
])("%j loads none of %j", async (args, others) => {
  const loaded = await packagesOf(args);
  expect(loaded).toContain("commander");
  for (const other of others) expect(loaded).not.toContain(other);
});
