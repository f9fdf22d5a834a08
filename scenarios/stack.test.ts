import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connectEngine, type Engine } from "../lab/engine/engine.ts";
import { label } from "../lab/plan/plan.ts";
import { reapAfter } from "./harness/reaper.ts";

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
  reapAfter({ lab });
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

test("killed in the middle, the next one recovers; down leaves nothing", async () => {
  await tailnetLab("down", lab);
  const killed = execa(process.execPath, [program, "up", "lab.ts"], {
    cwd: directory,
    reject: false,
    env: { NODE_OPTIONS: "" },
  });
  const filters = { label: [`${label.lab}=${lab}`, label.node] };
  await vi.waitUntil(async () => (await engine.listContainers({ all: true, filters })).length > 1, {
    timeout: 60_000,
    interval: 50,
  });
  killed.kill("SIGKILL");
  await killed;
  const next = await tailnetLab("up", "lab.ts");
  expect(next.exitCode, next.stderr).toBe(0);
  const down = await tailnetLab("down", lab);
  expect(down.exitCode, down.stderr).toBe(0);
  const all = { label: [`${label.lab}=${lab}`] };
  expect(await engine.listContainers({ all: true, filters: all })).toEqual([]);
  expect(await engine.listNetworks({ filters: all })).toEqual([]);
  expect((await engine.listVolumes({ filters: all })).Volumes).toEqual([]);
  await expect(
    readFile(path.join(directory, ".tailnet-lab", lab, "terraform.tfstate")),
  ).rejects.toThrow();
});
