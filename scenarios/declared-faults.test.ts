import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, test, vi } from "vitest";
import { engineCall } from "../lab/engine/engine.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import type { FaultDeclaration } from "../lab/topology/faults.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { expect } from "./harness/index.ts";
import { reapAfter } from "./harness/reaper.ts";

vi.setConfig({ testTimeout: 240_000 });

const lab = `declared-faults-${process.pid}`;
const program = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
let directory: string;

const cut: FaultDeclaration = { kind: "cut", between: ["home", "cafe"], protocol: "udp" };
const down: FaultDeclaration = { kind: "service-down", node: "phone", port: 80 };
const stopped: FaultDeclaration = { kind: "stop", node: "nas" };
const firewall: FaultDeclaration = {
  kind: "host-firewall",
  node: "phone",
  protocol: "tcp",
  port: 7,
};

const services: LabDeclaration["nodes"][string]["services"] = [
  { kind: "http", port: 80 },
  { kind: "tcp-echo", port: 7 },
];

async function declare(faults: FaultDeclaration[]): Promise<void> {
  const topology: LabDeclaration = {
    name: lab,
    networks: {
      home: { nat: "easy", lan: "192.168.1.0/24" },
      cafe: { nat: "easy", lan: "192.168.2.0/24" },
    },
    nodes: {
      laptop: { kind: "tailscale", network: "home", user: "alice" },
      phone: { kind: "tailscale", network: "cafe", user: "alice", services },
      nas: { kind: "host", network: "home", services },
    },
    faults,
  };
  await writeFile(path.join(directory, "lab.json"), JSON.stringify(topology));
}

async function tailnetLab(...args: string[]) {
  const result = await execa(process.execPath, [program, ...args, "--json"], {
    cwd: directory,
    reject: false,
    env: { NODE_OPTIONS: "" },
  });
  expect(result.exitCode, `${result.stderr}\n${result.stdout}`).toBe(0);
  return JSON.parse(result.stdout);
}

interface Listed {
  id: string;
  origin: string;
  fault: { kind: string };
  isWhole: boolean;
}

/** What `fault list` tells, by kind. */
async function listed(): Promise<Record<string, Pick<Listed, "id" | "origin">>> {
  const { faults } = await tailnetLab("fault", "list", "--lab", lab);
  return Object.fromEntries(
    faults.map(({ id, origin, fault, isWhole }: Listed) => {
      expect(isWhole, `all of ${fault.kind} is in force`).toBe(true);
      return [fault.kind, { id, origin }];
    }),
  );
}

async function machines() {
  const running = await RunningLab.find(lab, { run: "stack" });
  return {
    running,
    laptop: running.node("laptop"),
    phone: running.node("phone"),
    nas: running.node("nas"),
  };
}

/** Container and its last start, of each machine. */
async function runs(): Promise<Record<string, string>> {
  const { nodes } = (await machines()).running;
  const all = nodes.map(async ({ name, container }) => {
    const { Id, State } = await engineCall(container.inspect());
    return [name, `${Id} ${State.Status} since ${State.StartedAt}`];
  });
  return Object.fromEntries(await Promise.all(all));
}

beforeAll(async () => {
  reapAfter({ lab });
  directory = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-declared-faults-"));
});

afterAll(async () => {
  await tailnetLab("down", lab);
  await rm(directory, { recursive: true, force: true });
});

test("up brings the lab up whole, and injects what is declared then", async () => {
  await declare([cut, down, stopped]);
  const { created, faults } = await tailnetLab("up", "lab.json");
  expect(created).toEqual(expect.arrayContaining(["laptop", "phone", "nas"]));
  expect(faults.map(({ fault }: Listed) => fault.kind)).toEqual(["cut", "service-down", "stop"]);
  await isBroken();
  expect(await listed()).toMatchObject({
    cut: { origin: "topology" },
    "service-down": { origin: "topology" },
    stop: { origin: "topology" },
  });
});

test("up again changes nothing: the same faults, and no machine has moved", async () => {
  const before = { runs: await runs(), faults: await listed() };
  expect((await tailnetLab("diff", "lab.json")).changes).toEqual([]);
  expect(await tailnetLab("up", "lab.json")).toMatchObject({ unchanged: true });
  expect({ runs: await runs(), faults: await listed() }).toEqual(before);
  await isBroken();
});

test("other faults are declared: up clears and injects the difference, and leaves one by hand", async () => {
  await tailnetLab("fault", "add", "loss", "nas", "1", "--lab", lab);
  const before = await listed();
  await declare([down, firewall]);
  await tailnetLab("up", "lab.json");
  const after = await listed();
  expect(Object.keys(after).sort()).toEqual(["host-firewall", "loss", "service-down"]);
  expect(after["service-down"], "one that stays").toEqual(before["service-down"]);
  expect(after.loss).toEqual({ ...before.loss, origin: "command" });
  const { laptop, phone, nas } = await machines();
  await expect(laptop).toBeDirectTo(phone);
  await expect(laptop).toFailToReach(phone, { port: 80, as: "refused" });
  await expect(laptop).toFailToReach(phone, { port: 7, as: "timeout", seconds: 2 });
  await expect(laptop).toReach(nas, { port: 80 });
});

test("fault clear --all mends the lab, and the next up breaks it as declared", async () => {
  await tailnetLab("fault", "clear", "--all", "--lab", lab);
  expect(await listed()).toEqual({});
  await isWhole();
  await tailnetLab("up", "lab.json");
  expect(Object.keys(await listed()).sort()).toEqual(["host-firewall", "service-down"]);
  const { laptop, phone } = await machines();
  await expect(laptop).toFailToReach(phone, { port: 80, as: "refused" });
});

test("without declared faults up mends the lab", async () => {
  await declare([]);
  expect((await tailnetLab("up", "lab.json")).faults).toEqual([]);
  expect(await listed()).toEqual({});
  await isWhole();
});

/** By `cut`, `service-down` and `stop`. */
async function isBroken(): Promise<void> {
  const { laptop, phone, nas } = await machines();
  await expect(laptop).toBeRelayedTo(phone);
  await expect(laptop).toReach(phone, { port: 7 });
  await expect(laptop).toFailToReach(phone, { port: 80, as: "refused" });
  await expect(laptop).toFailToReach(nas, {
    port: 80,
    as: ["timeout", "unreachable"],
    seconds: 2,
  });
}

async function isWhole(): Promise<void> {
  const { laptop, phone, nas } = await machines();
  await expect(laptop).toBeDirectTo(phone);
  for (const port of [7, 80]) {
    await expect(laptop).toReach(phone, { port });
    await expect(laptop).toReach(nas, { port });
  }
}
