import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { commandLine, environment } from "./run-cli.ts";

const lab = `export default { name: "x", nodes: {} };`;

// By a process of its own: Vitest's would load the file as a module.
test.each([
  ["lab.ts", lab, "lab.mts"],
  ["lab.ts", `import "node:path";\n${lab}`, "lab.mts"],
  ["lab.js", lab, "lab.mjs"],
])("%s that package.json makes CommonJS is to be named otherwise", async (name, text, other) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-common-js-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, "package.json"), '{ "type": "commonjs" }');
  const file = path.join(folder, name);
  await writeFile(file, text);
  const { stderr, exitCode } = await execa(process.execPath, [...commandLine, "validate", file], {
    env: environment,
    reject: false,
    stdin: "ignore",
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`→ name it ${other}, or write "type": "module" in package.json`);
});
