import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";
import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine } from "../lab/engine/engine.ts";
import { label } from "../lab/plan/plan.ts";
import { listLabs } from "../lab/running/running-lab.ts";
import manifest from "../package.json" with { type: "json" };
import { reapAfter } from "./harness/reaper.ts";
import { warmPrefix } from "./harness/warm-lab.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const topology = `import { defineLab } from "tailnet-lab";

export default defineLab({
  name: "elsewhere",
  tailnet: {
    policy: { grants: [{ src: ["alice@"], dst: ["bob@"], ip: ["tcp:80"] }] },
  },
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    server: {
      kind: "tailscale",
      network: "internet",
      user: "bob",
      services: [{ kind: "http", port: 80 }, { kind: "tcp-echo", port: 7 }],
    },
  },
});
`;

const scenario = `import { expect, labTest } from "tailnet-lab/vitest";

const test = labTest(new URL("./lab.ts", import.meta.url), { reuse: true });

test("alice uses bob's web server and nothing else", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const server = lab.node("server");
  await expect(laptop).toReach(server, { port: 80 });
  await expect(laptop).toBeDenied(server, { port: 7, allowed: { port: 80 } });
});
`;

test("another project installs the package, brings its own lab up and runs its own scenario", async () => {
  reapAfter({ lab: "elsewhere" });
  const project = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-project-"));
  // What this process knows of its own run must not leak into the other project's.
  const { TAILNET_LAB_RUN: _run, VITEST: _vitest, NODE_OPTIONS: _options, ...env } = process.env;
  const inProject = execa({ cwd: project, env, extendEnv: false, all: true });
  try {
    await execa({ cwd: root })`npm pack --silent --pack-destination ${project}`;
    const [tarball = ""] = await readdir(project);
    await writeFile(path.join(project, "package.json"), '{ "type": "module", "private": true }\n');
    await writeFile(path.join(project, "lab.ts"), topology);
    await writeFile(path.join(project, "lab.test.ts"), scenario);
    await inProject`npm install --prefer-offline --no-audit --no-fund ./${tarball} vitest@${manifest.devDependencies.vitest}`;

    const modules = path.join(root, "node_modules");
    await inProject`${modules}/.bin/tsc --noEmit --strict --skipLibCheck --module nodenext --allowImportingTsExtensions --typeRoots ${modules}/@types --types node lab.test.ts lab.ts`;

    expect((await inProject`npx tailnet-lab --version`).stdout).toBe(manifest.version);
    const schema = path.join(project, "node_modules/tailnet-lab/dist/topology.schema.json");
    expect(JSON.parse(await readFile(schema, "utf8"))).toHaveProperty("properties.nodes");
    await writeFile(path.join(project, "lab.yaml"), "name: data\nnodes: {}\n");
    expect((await inProject`npx tailnet-lab validate lab.yaml`).stdout).toContain(
      "lab data is valid",
    );

    const up = await inProject`npx tailnet-lab up lab.ts`;
    expect(up.stdout).toContain("laptop");
    try {
      const reach = await inProject`npx tailnet-lab reach laptop server:80 --lab elsewhere --json`;
      expect(JSON.parse(reach.stdout)).toMatchObject({ schema: 1, outcome: "reached" });
      const denied = await inProject({
        reject: false,
      })`npx tailnet-lab reach laptop server:7 --lab elsewhere --json`;
      expect(denied.exitCode).toBe(1);
      expect(JSON.parse(denied.stdout)).toMatchObject({ outcome: "timeout" });
    } finally {
      await inProject`npx tailnet-lab down elsewhere`;
    }

    const tested = await inProject`npx vitest run`;
    expect(tested.all).toMatch(/1 passed/);
    const first = await reusedLab(project);
    const again = await inProject`npx vitest run`;
    expect(again.all).toMatch(/1 passed/);
    expect(await reusedLab(project), "containers of the lab of the second run").toEqual(first);
  } finally {
    const { name } = await reusedLab(project);
    if (name !== "") await cleanAll(await connectEngine(), { lab: name });
    await rm(project, { recursive: true, force: true });
  }
}, 600_000);

/** The lab that the project's scenario leaves for the next run, and its containers. */
async function reusedLab(project: string): Promise<{ name: string; containers: string[] }> {
  const engine = await connectEngine();
  const prefix = warmPrefix("elsewhere", path.join(project, "lab.ts"));
  const labs = (await listLabs(engine)).filter(({ name }) => name.startsWith(prefix));
  const name = labs[0]?.name ?? "";
  const filters = { label: [`${label.lab}=${name}`] };
  const containers = name === "" ? [] : await engine.listContainers({ all: true, filters });
  return { name, containers: containers.map(({ Id }) => Id).sort() };
}
