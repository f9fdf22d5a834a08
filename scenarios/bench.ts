/**
 * `npm run bench [CLIENTS…] [--out FILE]`: how long labs take from nothing to joined, to every pair
 * reached over TCP, and to clean, beside a floor that is measured in the same run: as many bare
 * containers started in parallel, and one `tailscale up`. Prints a table, writes JSON.
 */
import { writeFile } from "node:fs/promises";
import os from "node:os";
import { parseArgs } from "node:util";
import { imageRef } from "../lab/images/recipes.ts";
import { reachMatrix } from "../lab/observe/matrix.ts";
import { statusOf } from "../lab/observe/status.ts";
import { onVolume } from "../lab/plan/volume.ts";
import { cleanAll } from "../lab/running/clean.ts";
import { connectEngine, type Engine } from "../lab/running/engine.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { run } from "./harness/run.ts";
import { type LabSource, ScenarioLab, type StartTimes, stopwatch } from "./harness/scenario-lab.ts";

interface Measured {
  lab: string;
  clients: number;
  containers: number;
  /** Seconds. */
  stages: StartTimes;
  joined: number;
  pairs: number;
  allReached: number;
  clean: number;
  /** Seconds: the same number of containers that do nothing, and one node's `tailscale up`. */
  floor: { containers: number; tailscaleUp: number };
  /** From nothing to joined, over the floor's sum. */
  ratio: number;
}

/** Clients with public addresses on the internet's one segment; everyone may reach everything. */
function crowd(clients: number): LabDeclaration {
  const nodes = Array.from({ length: clients }, (_, index) => [
    `client-${index + 1}`,
    {
      kind: "tailscale" as const,
      network: "internet",
      user: "alice",
      services: [{ kind: "tcp-echo" as const, port: 7 }],
    },
  ]);
  return { name: `bench-${clients}`, nodes: Object.fromEntries(nodes) };
}

async function measure(source: LabSource): Promise<Measured> {
  const engine = await connectEngine();
  const lap = stopwatch();
  const lab = await ScenarioLab.start(source, "bench");
  const joined = lap();
  const clients = lab.running.ofKind("tailscale");
  let pairs = 0;
  let allReached = 0;
  let tailscaleUp = 0;
  try {
    lap();
    pairs = await reachEveryPair(clients);
    allReached = lap();
    const [first] = clients;
    if (first !== undefined) tailscaleUp = await oneTailscaleUp(first);
  } finally {
    lap();
    await lab[Symbol.asyncDispose]();
  }
  const clean = lap();
  const containers = await bareContainers(engine, lab.plan.containers.length);
  return {
    lab: lab.plan.lab.replace(/(-[0-9a-f]+)?-\d+-\d+$/, ""),
    clients: clients.length,
    containers: lab.plan.containers.length,
    stages: lab.times,
    joined,
    pairs,
    allReached,
    clean,
    floor: { containers, tailscaleUp },
    ratio: joined / (containers + tailscaleUp),
  };
}

/** Each client to each other that it sees, on the echo port. @returns how many were reached. */
async function reachEveryPair(clients: readonly RunningNode[]): Promise<number> {
  const cells = await Promise.all(
    clients.map(async (from) =>
      (await statusOf(from)).peers.map((peer) => ({
        from,
        to: peer.name,
        target: {
          host: peer.addresses[0] ?? "",
          port: 7,
          protocol: "tcp" as const,
          service: "tcp-echo" as const,
        },
      })),
    ),
  );
  const results = await reachMatrix(cells.flat(), { seconds: 20 });
  return results.filter((result) => result.outcome === "reached").length;
}

/** Seconds of a join on a machine that has nothing else to do. */
async function oneTailscaleUp(node: RunningNode): Promise<number> {
  const key = `file:${onVolume.key(`user-${node.spec.tailnet?.user ?? ""}`)}`;
  await node.output(["tailscale", "logout"]);
  const lap = stopwatch();
  await node.output([
    "tailscale",
    "up",
    "--reset",
    "--login-server=https://control.lab.test",
    `--auth-key=${key}`,
  ]);
  return lap();
}

/** Seconds to create and start as many containers that do nothing, all at once. */
async function bareContainers(engine: Engine, count: number): Promise<number> {
  const lab = "bench-floor";
  const labels = { "tailnet-lab.lab": lab, "tailnet-lab.run": run };
  const image = imageRef({ program: "base" });
  const lap = stopwatch();
  try {
    await Promise.all(
      Array.from({ length: count }, async () => {
        const container = await engine.createContainer({
          Image: image,
          Entrypoint: ["sleep"],
          Cmd: ["infinity"],
          Labels: labels,
          HostConfig: { NetworkMode: "none" },
        });
        await container.start();
      }),
    );
    return lap();
  } finally {
    await cleanAll(engine, { lab, run });
  }
}

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, index) => {
      const text =
        typeof cell === "number" && !Number.isInteger(cell) ? cell.toFixed(1) : String(cell);
      return index === 0 ? text.padEnd(10) : text.padStart(9);
    })
    .join(" ");
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string", default: "bench.json" } },
});
const sources: LabSource[] =
  positionals.length > 0
    ? positionals.map((clients) => crowd(Number(clients)))
    : [crowd(4), crowd(12), crowd(50), new URL("../topologies/homelab.ts", import.meta.url)];

console.log("seconds; the floor is as many bare containers in parallel, and one tailscale up");
console.log(
  row([
    "lab",
    "clients",
    "started",
    "booted",
    "seen",
    "= joined",
    "pairs",
    "reached",
    "clean",
    "floor",
    "up",
    "ratio",
  ]),
);
const results: Measured[] = [];
for (const source of sources) {
  const one = await measure(source);
  results.push(one);
  console.log(
    row([
      one.lab,
      one.clients,
      one.stages.started,
      one.stages.booted,
      one.stages.joined,
      one.joined,
      one.pairs,
      one.allReached,
      one.clean,
      one.floor.containers,
      one.floor.tailscaleUp,
      one.ratio,
    ]),
  );
}
const machine = {
  cores: os.availableParallelism(),
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
};
await writeFile(values.out, `${JSON.stringify({ schema: 1, machine, results }, null, 2)}\n`);
console.error(`written: ${values.out}`);
