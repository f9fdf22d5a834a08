/**
 * `npm run bench:cli [RUNS]`: how long the command line takes from a checkout and from the package, beside Node itself and
 * `docker exec`, and how long it takes to look at the default lab and to find it unchanged, all in one run. Prints medians
 * in milliseconds. The caches are warm: each command has run once before.
 */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { RunningLab } from "../lab/running/running-lab.ts";
import homelab from "../topologies/homelab.ts";
import { stopwatch } from "./harness/scenario-lab.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = join(root, "bin/tailnet-lab.mjs");
const runs = Number(process.argv[2] ?? 15);
const node = process.execPath;

/** The default lab under a name of its own. */
const name = `bench-cli-${process.pid}`;
const policy = join(root, "topologies/homelab.policy.hujson");
const folder = await mkdtemp(join(tmpdir(), "tailnet-lab-bench-"));
const file = join(folder, "lab.json");
await writeFile(
  file,
  JSON.stringify({ ...homelab, name, tailnet: { ...homelab.tailnet, policy } }),
);

try {
  await execa(node, [program, "up", file], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const laptop = (await RunningLab.find(name, { run: "stack" })).node("laptop");
  const built = await packaged();
  const commands: [string, string[]][] = [
    ["--version", ["--version"]],
    ["--help", ["--help"]],
    ["validate", ["validate"]],
    ["exec", ["exec", "laptop", "--lab", name, "--", "true"]],
  ];
  /** Of ten machines that are looked at, six of them nodes of the tailnet. */
  const looks: [string, string[]][] = [
    ["inspect", ["inspect", name]],
    ["doctor", ["doctor", "--lab", name]],
    ["doctor laptop phone", ["doctor", "laptop", "phone", "--lab", name]],
    ["diff, unchanged", ["diff", file]],
    ["up, unchanged", ["up", file]],
  ];
  const rows: [string, string[]][] = [
    ["node -e 0", [node, "-e", "0"]],
    ["docker exec", ["docker", "exec", laptop.container.id, "true"]],
    ...commands.flatMap(([title, args]): [string, string[]][] => [
      [`${title}, checkout`, [node, program, ...args]],
      [`${title}, package`, [node, join(built, "bin/tailnet-lab.mjs"), ...args]],
    ]),
    ...looks.map(([title, args]): [string, string[]] => [title, [node, program, ...args]]),
  ];
  console.log(`median of ${runs} runs, ms`);
  const medians = await measured(rows);
  for (const [index, [title]] of rows.entries()) {
    console.log(`${title.padEnd(22)} ${medians[index]?.toFixed(0).padStart(6) ?? "absent"}`);
  }
} finally {
  await execa(node, [program, "down", name], { cwd: folder, reject: false });
  await rm(folder, { recursive: true });
}

/** By turns, so that what else the machine does meets all of them alike. Undefined: there is no such program. */
async function measured(rows: [string, string[]][]): Promise<(number | undefined)[]> {
  const times = rows.map((): number[] => []);
  for (let round = 0; round <= runs; round++) {
    for (const [index, [title, [command = "", ...args]]] of rows.entries()) {
      const lap = stopwatch();
      const result = await execa(command, args, { reject: false, stdin: "ignore", cwd: folder });
      const ms = lap() * 1000;
      if (result.failed && result.code !== "ENOENT") throw new Error(`${title}: ${result.message}`);
      if (!result.failed && round > 0) times[index]?.push(ms);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);
}

/** A folder as npm would install the package, with this checkout's node modules. */
async function packaged(): Promise<string> {
  await execa(node, [join(root, "setup/run.mjs"), "setup/build.ts"], { cwd: root });
  const installed = join(folder, "package");
  await mkdir(join(installed, "bin"), { recursive: true });
  for (const part of ["bin", "dist", "package.json"]) {
    await cp(join(root, part), join(installed, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(installed, "node_modules"));
  return installed;
}
