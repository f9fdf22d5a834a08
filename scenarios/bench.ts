/**
 * `npm run bench -- [CLIENTS…] [--pairs N] [--out FILE]`: how long labs take from nothing to joined, to every pair, or N
 * random ones, reached over TCP, and to clean, beside a floor that is measured in the same run: as many bare
 * containers started in parallel, and one `tailscale up`. Prints a table, writes JSON. Exit code 1 where a lab did not
 * start or a pair stays unreached.
 */
import { writeFile } from "node:fs/promises";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine, type Engine } from "../lab/engine/engine.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import { loadTopology } from "../lab/topology/load.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { connectionsOf, reachPairs } from "./bench/pairs.ts";
import { exitCodeOf, head, type Measured, measuredRow, remarks } from "./bench/report.ts";
import { run } from "./harness/run.ts";
import { ScenarioLab, stopwatch } from "./harness/scenario-lab.ts";
import { withGrants } from "./mutations/breakage.ts";

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

/** Fills in what is measured as it goes: a failure leaves what was there before. */
async function measure(
  source: LabDeclaration,
  mostPairs: number | undefined,
  measured: Measured,
): Promise<void> {
  const engine = await connectEngine();
  const lap = stopwatch();
  const lab = await ScenarioLab.start(source, { place: "bench" });
  measured.joined = lap();
  const containers = lab.plan.containers.length;
  measured.containers = containers;
  measured.stages = lab.times;
  let tailscaleUp = 0;
  try {
    const clients = lab.running.ofKind("tailscale");
    measured.pairs = await reachPairs(await connectionsOf(clients, mostPairs));
    const person = clients.find((client) => client.spec.tailnet?.user !== undefined);
    if (person !== undefined) tailscaleUp = await oneTailscaleUp(lab.running.control, person);
  } finally {
    lap();
    await lab[Symbol.asyncDispose]();
    measured.clean = lap();
  }
  measured.floor = { containers: await bareContainers(engine, containers), tailscaleUp };
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

/** A positive whole number, or the program ends with 2. */
function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  console.error(`${text} is no number of clients or pairs`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string", default: "bench.json" }, pairs: { type: "string" } },
});
const mostPairs = values.pairs === undefined ? undefined : wholeNumber(values.pairs);
const sources: LabDeclaration[] =
  positionals.length > 0
    ? positionals.map((clients) => crowd(wholeNumber(clients)))
    : [crowd(4), crowd(12), crowd(50), await openHomelab()];
const machine = {
  cores: os.availableParallelism(),
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
};

console.log("seconds; the floor is as many bare containers in parallel, and one tailscale up;");
console.log(
  "ratio: joined over the floor's sum; / joined: all pairs over joined; with what is aimed at",
);
console.log(head());
const results: Measured[] = [];
for (const source of sources) {
  const clients = Object.values(source.nodes).filter(({ kind }) => kind === "tailscale").length;
  const measured: Measured = { lab: source.name, clients };
  results.push(measured);
  try {
    await measure(source, mostPairs, measured);
  } catch (error) {
    measured.error = error instanceof Error ? error.message : String(error);
  }
  console.log(measuredRow(measured));
  for (const line of remarks(measured)) console.log(`  ${line}`);
  // After each lab: whoever interrupts the run has what was measured.
  await writeFile(values.out, `${JSON.stringify({ schema: 1, machine, results }, null, 2)}\n`);
}
console.error(`written: ${values.out}`);
process.exitCode = exitCodeOf(results);
