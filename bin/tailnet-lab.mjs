#!/usr/bin/env node
// In a checkout: the sources, under a Node that set-up sees to. In an installed package: what was built.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { enableCompileCache } from "./compile-cache.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (existsSync(join(root, "setup", "run.mjs"))) {
  process.argv.splice(2, 0, "cli/main.ts");
  await import("../setup/run.mjs");
} else {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 22)) {
    process.stderr.write(
      `tailnet-lab: this is Node ${process.versions.node}, and 22.22 or newer is needed: install Node 24\n`,
    );
    process.exit(2);
  }
  enableCompileCache();
  await import("../dist/cli/main.js");
}
