import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connectEngine, type Engine } from "../lab/engine/engine.ts";
import { label } from "../lab/plan/plan.ts";
import { nodeOf } from "../lab/running/headscale.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import { engineSocket, proxyEngine } from "./engine-proxy.ts";
import { reapAfter } from "./harness/reaper.ts";
import {
  type Kill,
  killOnce,
  leftOf,
  openVictim,
  prepareVictim,
  randomFrom,
  runOn,
} from "./kill-moments.ts";

vi.setConfig({ testTimeout: 180_000 });

/** A lab's name is the engine's: another run of this file at the same time must have its own. */
const lab = `stack-${process.pid}`;
const program = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
let directory: string;
let engine: Engine;

const topology = ({ policy = '"tcp:80"', laptop = "" } = {}) => `export default {
  name: "${lab}",
  tailnet: { policy: { grants: [{ src: ["alice@"], dst: ["tag:web"], ip: [${policy}] }],
    tagOwners: { "tag:web": ["alice@"] } } },
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" ${laptop} },
    web: { kind: "tailscale", network: "internet", tags: ["tag:web"],
      services: [{ kind: "http", port: 80 }] },
    nas: { kind: "host", network: "home", services: [{ kind: "http", port: 80 }] },
  },
};
`;

/** Runs the command line in the lab's directory. @returns its results, and how it ended. */
async function tailnetLab(...args: string[]) {
  const result = await execa(process.execPath, [program, ...args, "--json"], {
    cwd: directory,
    reject: false,
    env: { NODE_OPTIONS: "" },
  });
  const json = result.stdout === "" ? undefined : JSON.parse(result.stdout);
  return { exitCode: result.exitCode, json, stderr: result.stderr };
}

async function write(content: string): Promise<void> {
  await writeFile(path.join(directory, "lab.ts"), content);
}

async function container(node: string) {
  const filters = { label: [`${label.lab}=${lab}`, `${label.node}=${node}`] };
  const [found] = await engine.listContainers({ all: true, filters });
  return engine.getContainer(found?.Id ?? "");
}

beforeAll(async () => {
  for (const name of [lab, `${lab}-kill`, `${lab}-cut`]) reapAfter({ lab: name });
  directory = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-stack-"));
  engine = await connectEngine();
  await write(topology());
});

afterAll(async () => {
  await tailnetLab("clean", "--lab", lab);
  await rm(directory, { recursive: true, force: true });
});

test("a policy that Headscale rejects is told in its words, and nothing is made", async () => {
  await write(topology({ policy: '"http:80"' }));
  const { exitCode, json } = await tailnetLab("up", "lab.ts");
  expect(exitCode).toBe(2);
  expect(json.error.name).toBe("PolicyRejected");
  expect(json.error.what).toMatch(/protocol|http/);
  const filters = { label: [`${label.lab}=${lab}`] };
  expect(await engine.listContainers({ all: true, filters })).toEqual([]);
  expect(await engine.listNetworks({ filters })).toEqual([]);
  await write(topology());
});

test("a lab comes up once; a second time there is nothing to change", async () => {
  const first = await tailnetLab("up", "lab.ts");
  expect(first, first.stderr).toMatchObject({ exitCode: 0, json: { unchanged: false } });
  const second = await tailnetLab("up", "lab.ts");
  expect(second.stderr, "Terraform is not started").not.toContain("Compare lab");
  expect(second.json).toMatchObject({ unchanged: true, created: [], changed: [], removed: [] });
  const reach = await tailnetLab("reach", "laptop", "web:80", "--lab", lab);
  expect(reach).toMatchObject({ exitCode: 0, json: { schema: 1, outcome: "reached" } });
});

test("two at once: the second is told who holds the lab", async () => {
  await write(topology({ laptop: ", acceptRoutes: true" }));
  const both = await Promise.all([tailnetLab("up", "lab.ts"), tailnetLab("up", "lab.ts")]);
  expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 2]);
  expect(both.find(({ exitCode }) => exitCode === 2)?.json.error.name).toBe("LabLocked");
  await write(topology());
  await tailnetLab("up", "lab.ts");
});

test("drift is shown and repaired: removed, stopped, off its network", async () => {
  await (await container("nas")).remove({ force: true });
  await (await container("web")).kill();
  const laptop = await container("laptop");
  const { NetworkSettings } = await laptop.inspect();
  for (const network of Object.keys(NetworkSettings.Networks)) {
    await engine.getNetwork(network).disconnect({ Container: laptop.id, Force: true });
  }
  const diff = await tailnetLab("diff", "lab.ts");
  const touched = diff.json.changes.map(({ name }: { name: string }) => name).sort();
  expect(touched).toEqual(["laptop", "nas", "web"]);
  expect((await tailnetLab("up", "lab.ts")).exitCode).toBe(0);
  const reach = await tailnetLab("reach", "laptop", "web:80", "--lab", lab);
  expect(reach.json).toMatchObject({ outcome: "reached" });
});

test("who was taken out of the tailnet by hand is logged in again", async () => {
  const running = await RunningLab.find(lab, { run: "stack", engine });
  const { id } = await nodeOf(running, "laptop");
  await running.control.output(["headscale", "nodes", "delete", "-i", id, "--force"]);
  await running.node("web").output(["tailscale", "logout"]);
  const { exitCode, json, stderr } = await tailnetLab("up", "lab.ts");
  expect({ exitCode, json }, stderr).toMatchObject({ exitCode: 0, json: { unchanged: true } });
  expect(stderr).toContain("laptop was logged in again: Headscale did not know it any more");
  expect(stderr).toContain("web was logged in again: it was logged out");
  // Control takes some seconds to see that it is gone.
  await running.node("web").output(["tailscale", "down"]);
  const stopped = await tailnetLab("up", "lab.ts");
  expect(stopped.exitCode, stopped.stderr).toBe(0);
  expect(stopped.stderr).toContain("web was logged in again: it was stopped, as by tailscale down");
  const reach = await tailnetLab("reach", "laptop", "web:80", "--lab", lab);
  expect(reach.json).toMatchObject({ outcome: "reached" });
});

test("a changed topology replaces what it touches; the node keeps its address", async () => {
  const before = await tailnetLab("inspect", lab);
  await write(topology({ laptop: ", acceptRoutes: true" }));
  const { json } = await tailnetLab("up", "lab.ts");
  expect(json).toMatchObject({ created: [], changed: ["laptop"], removed: [] });
  const after = await tailnetLab("inspect", lab);
  const addresses = ({ json: inspected }: typeof after) =>
    inspected.nodes.find(({ name }: { name: string }) => name === "laptop").tailnet.addresses;
  expect(addresses(after)).toEqual(addresses(before));
});

const seed = Number(process.env.TAILNET_LAB_SEED ?? Date.now() % 1_000_000);

test("killed at any moment, the next command does its work, and down leaves nothing", async () => {
  console.log(`moments of seed ${seed}: TAILNET_LAB_SEED=${seed} repeats them`);
  const random = randomFrom(seed);
  await using victim = await openVictim(engine, `${lab}-kill`);
  const durations = await prepareVictim(victim);
  const kills: Kill[] = [
    { killed: "up", scope: "process", next: "down" },
    { killed: "up", scope: "tree", next: "up" },
    { killed: "up", scope: "process", next: "clean" },
    { killed: "down", scope: "process", next: "down" },
  ].map((each) => ({
    ...(each as Omit<Kill, "atMs">),
    // The first third starts Node and looks; later there is something to leave.
    atMs: Math.round((0.3 + 0.7 * random()) * durations[each.killed as "up" | "down"]),
  }));
  for (const kill of kills) {
    const { problems } = await killOnce(victim, kill);
    expect(problems, `seed ${seed}: ${JSON.stringify(kill)}`).toEqual([]);
  }
}, 600_000);

test.runIf(engineSocket() !== undefined)(
  "a connection to the engine that is cut at any moment is told as that; the next command works",
  async () => {
    const random = randomFrom(seed);
    await using victim = await openVictim(engine, `${lab}-cut`);
    const durations = await prepareVictim(victim);
    for (const [index, command] of (["up", "up", "inspect", "down"] as const).entries()) {
      if (command === "inspect") await runOn(victim, ["up", "lab.ts"]);
      const path = `${victim.directory}/proxy-${index}.sock`;
      await using proxy = await proxyEngine(engineSocket() ?? "", path);
      const running = runOn(victim, [command, "lab.ts"], { DOCKER_HOST: proxy.address });
      const duration = command === "inspect" ? durations.down : durations[command];
      const atMs = Math.round((0.2 + 0.7 * random()) * duration);
      const isOver = await Promise.race([running.then(() => true), pause(atMs, false)]);
      await proxy.cut(index % 2 === 0);
      const { exitCode, stderr } = await running;
      const how = `seed ${seed}, ${command} cut at ${atMs} ms: ${stderr}`;
      if (!isOver && exitCode !== 0) {
        expect(exitCode, how).toBe(2);
        expect(stderr, how).toMatch(/\((EngineLost|EngineMissing)\)/);
        expect(stderr, how).not.toMatch(/^ {4}at /m);
      }
      // Where all was done in time, or only idle connections were cut, it has done its work.
      if (isOver) expect(exitCode, how).toBe(0);
    }
    const up = await runOn(victim, ["up", "lab.ts"]);
    expect(up.exitCode, up.stderr).toBe(0);
    const down = await runOn(victim, ["down", "lab.ts"]);
    expect(down.exitCode, down.stderr).toBe(0);
    expect(await leftOf(victim)).toEqual([]);
  },
  600_000,
);
