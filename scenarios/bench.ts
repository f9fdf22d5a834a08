/**
 * `npm run bench [CLIENTS…] [--out FILE]`: how long labs take from nothing to joined, to every pair
 * reached over TCP, and to clean, beside a floor that is measured in the same run: as many bare
 * containers started in parallel, and one `tailscale up`. Prints a table, writes JSON.
 */
import { writeFile } from "node:fs/promises";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine, type Engine } from "../lab/engine/engine.ts";
import { imageRef } from "../lab/images/recipes.ts";
import { reachMatrix } from "../lab/observe/matrix.ts";
import { statusOf } from "../lab/observe/status.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import { loadTopology } from "../lab/topology/load.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { run } from "./harness/run.ts";
import { ScenarioLab, type StartTimes, stopwatch } from "./harness/scenario-lab.ts";
import { withGrants } from "./mutations/breakage.ts";

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

/** The default lab with a policy that lets everyone reach everything, as in the crowds. */
async function openHomelab(): Promise<LabDeclaration> {
  const file = fileURLToPath(new URL("../topologies/homelab.ts", import.meta.url));
  const everything = { src: ["*"], dst: ["*"], ip: ["*"] };
  const { topology, policyText = "{}" } = withGrants(await loadTopology(file), () => [everything]);
  return { ...topology, tailnet: { ...topology.tailnet, policy: JSON.parse(policyText) } };
}

async function measure(source: LabDeclaration): Promise<Measured> {
  const engine = await connectEngine();
  const lap = stopwatch();
  const lab = await ScenarioLab.start(source, { place: "bench" });
  const joined = lap();
  const clients = lab.running.ofKind("tailscale");
  let pairs = 0;
  let allReached = 0;
  let tailscaleUp = 0;
  try {
    lap();
    pairs = await reachEveryPair(clients);
    allReached = lap();
    const person = clients.find((client) => client.spec.tailnet?.user !== undefined);
    if (person !== undefined) tailscaleUp = await oneTailscaleUp(lab.running.control, person);
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

/** Each client to each other that serves TCP, on that port. @returns how many were reached: all, or it throws. */
async function reachEveryPair(clients: readonly RunningNode[]): Promise<number> {
  const cells = await Promise.all(
    clients.map(async (from) =>
      (await statusOf(from)).peers.flatMap((peer) => {
        const to = clients.find(({ name }) => name === peer.name);
        const service = to?.spec.services.find(
          ({ kind }) => kind === "tcp-echo" || kind === "http",
        );
        if (service === undefined) return [];
        const { port, kind } = service;
        const host = peer.addresses[0] ?? "";
        return [
          { from, to: peer.name, target: { host, port, protocol: "tcp", service: kind } as const },
        ];
      }),
    ),
  );
  const results = await reachMatrix(cells.flat(), { seconds: 20 });
  const missed = results.filter((result) => result.outcome !== "reached");
  if (missed.length > 0)
    throw new Error(`${missed.length} of ${results.length} pairs: ${missed[0]?.words}`);
  return results.length;
}

/** Seconds of a join on a machine that has nothing else to do. */
async function oneTailscaleUp(control: RunningNode, node: RunningNode): Promise<number> {
  const user = node.spec.tailnet?.user ?? "";
  const { id } = JSON.parse(
    await control.output(["headscale", "users", "list", "-o", "json"]),
  ).find(({ name }: { name: string }) => name === user);
  const create = ["headscale", "preauthkeys", "create", "--user", String(id), "-o", "json"];
  const { key } = JSON.parse(await control.output(create));
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
const sources: LabDeclaration[] =
  positionals.length > 0
    ? positionals.map((clients) => crowd(Number(clients)))
    : [crowd(4), crowd(12), crowd(50), await openHomelab()];

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
