import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, test, vi } from "vitest";
import { connectEngine } from "../lab/engine/engine.ts";
import { label } from "../lab/plan/plan.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { expect } from "./harness/index.ts";
import { reachAs } from "./harness/matchers/reach.ts";
import { hostOf } from "./harness/matchers/target.ts";
import { reapAfter } from "./harness/reaper.ts";
import { lineRate, Stream } from "./harness/stream.ts";

vi.setConfig({ testTimeout: 240_000 });

const lab = `change-${process.pid}`;
const program = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
let directory: string;

const soon = { timeout: 30_000 };
const http = [{ kind: "http" as const, port: 80 }];
const before: LabDeclaration = {
  name: lab,
  tailnet: {
    policy: {
      tagOwners: { "tag:web": ["alice@"] },
      grants: [{ src: ["alice@"], dst: ["tag:web"], ip: ["tcp:7"] }],
    },
  },
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.1.0/24" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    web: {
      kind: "tailscale",
      network: "internet",
      tags: ["tag:web"],
      services: [...http, { kind: "tcp-echo", port: 7 }],
    },
    phone: { kind: "tailscale", network: "cafe", user: "bob", services: http },
  },
};

/** What changes at once: policy and user, record, node, network, relay, NAT, and the order of all. */
const after: LabDeclaration = {
  ...before,
  tailnet: {
    dns: { extraRecords: [{ name: "printer.tailnet.lab", type: "A", value: "10.0.0.9" }] },
    policy: {
      tagOwners: { "tag:web": ["alice@"] },
      grants: [
        { src: ["alice@"], dst: ["tag:web"], ip: ["tcp:7", "tcp:80"] },
        { src: ["carol@"], dst: ["alice@"], ip: ["tcp:80"] },
      ],
    },
  },
  relays: { sfo: {}, nyc: {}, fra: {} },
  networks: {
    attic: { nat: "hard", lan: "10.5.0.0/24" },
    cafe: { nat: "hard", lan: "192.168.1.0/24" },
    home: { nat: "easy", lan: "192.168.1.0/24" },
  },
  nodes: {
    desktop: { kind: "tailscale", network: "attic", user: "alice" },
    ...Object.fromEntries(Object.entries(before.nodes).reverse()),
  },
};

async function tailnetLab(...args: string[]) {
  const result = await execa(process.execPath, [program, ...args, "--json"], {
    cwd: directory,
    reject: false,
    env: { NODE_OPTIONS: "" },
  });
  expect(result.exitCode, `${result.stderr}\n${result.stdout}`).toBe(0);
  return JSON.parse(result.stdout);
}

async function declare(topology: LabDeclaration): Promise<void> {
  await writeFile(
    path.join(directory, "lab.ts"),
    `export default ${JSON.stringify(topology, null, 2)};\n`,
  );
}

/** Container ids by node. */
async function containers(): Promise<Map<string, string>> {
  const { nodes } = await RunningLab.find(lab, { run: "stack" });
  return new Map(nodes.map((node) => [node.name, node.container.id]));
}

beforeAll(async () => {
  reapAfter({ lab });
  directory = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-change-"));
});

afterAll(async () => {
  await tailnetLab("down", lab);
  const filters = { label: [`${label.lab}=${lab}`] };
  expect(await (await connectEngine()).listContainers({ all: true, filters })).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

test("a lab changes while it runs, and who is not concerned loses nothing", async () => {
  await declare(before);
  await tailnetLab("up", "lab.ts");
  const old = await containers();
  const running = await RunningLab.find(lab, { run: "stack" });
  const [laptop, web] = [running.node("laptop"), running.node("web")];
  await expect(laptop).toBeDenied(web, { port: 80, allowed: { port: 7 } });
  // The path of the first seconds changes from relay to direct.
  await expect(laptop).toBeDirectTo(web);
  await using stream = await Stream.open(laptop, await hostOf(web, "ipv4"), 7);
  const since = performance.now();

  await declare(after);
  const announced = await tailnetLab("diff", "lab.ts");
  const { created, changed, removed } = await tailnetLab("up", "lab.ts");
  await stream.further(lineRate);
  console.log(`the stream's longest gap was ${stream.longestGap(since).ms.toFixed(0)} ms`);
  const { stderr, ...end } = await stream.end();
  expect(end, stderr).toMatchObject({ echoed: end.sent, outOfOrder: undefined, exitCode: 0 });

  const fresh = await containers();
  const replaced = [...fresh].filter(([name, id]) => old.has(name) && old.get(name) !== id);
  expect(
    replaced.map(([name]) => name),
    "replaced containers",
  ).toEqual(["router-cafe"]);
  expect({ changed, removed }).toEqual({ changed: ["router-cafe", "settings"], removed: [] });
  expect(created.filter((name: string) => !name.startsWith("volume")).sort()).toEqual([
    "derp-sfo",
    "desktop",
    "network attic",
    "router-attic",
  ]);
  const said = announced.changes.map(({ action, name }: { action: string; name: string }) => [
    name,
    action,
  ]);
  expect(Object.fromEntries(said)).toMatchObject({
    "router-cafe": "replace",
    settings: "in place",
    desktop: "create",
  });

  // What changed is in force.
  const now = await RunningLab.find(lab, { run: "stack" });
  await expect(now.node("laptop")).toReach(now.node("web"), { port: 80 });
  await expect(now.node("laptop")).toResolve("printer.tailnet.lab", { to: "10.0.0.9" });
  await expect(now.node("desktop")).toReach(now.node("web"), { port: 80 });
  expect((await tailnetLab("up", "lab.ts")).unchanged).toBe(true);
});

test("what is declared no longer goes, and nothing else", async () => {
  await declare(after);
  await tailnetLab("up", "lab.ts");
  const old = await containers();
  await declare(before);
  const { removed } = await tailnetLab("up", "lab.ts");
  expect(removed).toEqual(
    expect.arrayContaining(["derp-sfo", "desktop", "network attic", "router-attic"]),
  );
  const fresh = await containers();
  const replaced = [...fresh].filter(([name, id]) => old.get(name) !== id);
  expect(replaced.map(([name]) => name)).toEqual(["router-cafe"]);
  const running = await RunningLab.find(lab, { run: "stack" });
  const laptop = running.node("laptop");
  await expect(laptop).toBeDenied(running.node("web"), { port: 80, allowed: { port: 7 } });
  await expect(laptop).toFindNoName("desktop.tailnet.lab");
  await expect(laptop).toFindNoName("printer.tailnet.lab");
});

test("a fault of the policy holds under another policy, and clearing it leaves that one", async () => {
  await tailnetLab("fault", "add", "policy", "laptop", "web", "--lab", lab);
  const grants = [
    { src: ["alice@"], dst: ["tag:web"], ip: ["tcp:7"] },
    { src: ["bob@"], dst: ["tag:web"], ip: ["tcp:80"] },
  ];
  const policy = { tagOwners: { "tag:web": ["alice@"] }, grants };
  await declare({ ...before, tailnet: { policy } });
  await tailnetLab("up", "lab.ts");
  const running = await RunningLab.find(lab, { run: "stack" });
  const web = running.node("web");
  const outcome = async (from: string, port: number) =>
    (await reachAs(running.node(from), web, { port })).outcome;
  await expect.poll(() => outcome("phone", 80), soon).toBe("reached");
  const denied = ["timeout", "unreachable"];
  expect(denied, "while the fault is there").toContain(await outcome("laptop", 7));
  await tailnetLab("fault", "clear", "--all", "--lab", lab);
  await expect.poll(() => outcome("laptop", 7), soon).toBe("reached");
  expect(await outcome("phone", 80), "by the policy that came meanwhile").toBe("reached");
});
