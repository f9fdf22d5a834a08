/**
 * `npm run bench:cli [RUNS]`: how long the command line takes from a checkout and from the package, beside Node itself and
 * `docker exec`, and how long the doctor takes in the default lab, all in one run. Prints medians in milliseconds. The
 * caches are warm: each command has run once before.
 */
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { ScenarioLab, stopwatch } from "./harness/scenario-lab.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const runs = Number(process.argv[2] ?? 15);

await using lab = await ScenarioLab.start(new URL("../topologies/homelab.ts", import.meta.url), {
  place: "bench-cli",
});
const { lab: name, containers } = lab.plan;
const [machine] = containers.filter(({ name: node }) => node === "laptop");
const inNode = ["exec", "laptop", "--lab", name, "--", "true"];
const commands: [string, string[]][] = [
  ["--version", ["--version"]],
  ["--help", ["--help"]],
  ["validate", ["validate"]],
  ["exec", inNode],
];
/** Of ten machines that are looked at, six of them nodes of the tailnet. */
const doctor: [string, string[]][] = [
  ["inspect", ["inspect", name]],
  ["doctor", ["doctor", "--lab", name]],
  ["doctor laptop phone", ["doctor", "laptop", "phone", "--lab", name]],
];

const built = await packaged();
try {
  const node = process.execPath;
  const rows: [string, string[]][] = [
    ["node -e 0", [node, "-e", "0"]],
    ["docker exec", ["docker", "exec", machine?.dockerName ?? "", "true"]],
    ...commands.flatMap(([title, args]): [string, string[]][] => [
      [`${title}, checkout`, [node, join(root, "bin/tailnet-lab.mjs"), ...args]],
      [`${title}, package`, [node, join(built, "bin/tailnet-lab.mjs"), ...args]],
    ]),
    ...doctor.map(([title, args]): [string, string[]] => [
      title,
      [node, join(root, "bin/tailnet-lab.mjs"), ...args],
    ]),
  ];
  console.log(`median of ${runs} runs, ms`);
  const medians = await measured(rows);
  for (const [index, [title]] of rows.entries()) {
    console.log(`${title.padEnd(22)} ${medians[index]?.toFixed(0).padStart(6) ?? "absent"}`);
  }
} finally {
  await rm(built, { recursive: true });
}

/** By turns, so that what else the machine does meets all of them alike. Undefined: there is no such program. */
async function measured(rows: [string, string[]][]): Promise<(number | undefined)[]> {
  const times = rows.map((): number[] => []);
  for (let round = 0; round <= runs; round++) {
    for (const [index, [title, [program = "", ...args]]] of rows.entries()) {
      const lap = stopwatch();
      const result = await execa(program, args, { reject: false, stdin: "ignore" });
      const ms = lap() * 1000;
      if (result.failed && result.code !== "ENOENT") throw new Error(`${title}: ${result.message}`);
      if (!result.failed && round > 0) times[index]?.push(ms);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);
}

/** A folder as npm would install the package, with this checkout's node modules. */
async function packaged(): Promise<string> {
  await execa(process.execPath, [join(root, "setup/run.mjs"), "setup/build.ts"], { cwd: root });
  const folder = await mkdtemp(join(tmpdir(), "tailnet-lab-bench-"));
  await mkdir(join(folder, "bin"));
  for (const part of ["bin", "dist", "package.json"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}
