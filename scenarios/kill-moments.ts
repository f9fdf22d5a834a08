import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { cleanAll } from "../lab/engine/clean.ts";
import type { Engine } from "../lab/engine/engine.ts";
import { label } from "../lab/plan/plan.ts";

const program = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

export const killedCommands = ["up", "down"] as const;
export const nextCommands = ["up", "down", "diff", "inspect", "clean"] as const;
export type Next = (typeof nextCommands)[number];

/** One interrupted command, what followed, and how that ended. */
export interface Kill {
  killed: (typeof killedCommands)[number];
  /** The process alone, or with everything that it started. */
  scope: "process" | "tree";
  /** Since its start, in ms. */
  atMs: number;
  next: Next;
}

export interface Outcome {
  /** Whether the command was killed before it ended by itself. */
  wasKilled: boolean;
  /** What was not as it should be; empty where all was well. */
  problems: string[];
}

/** A lab to interrupt: its name is its own, its directory too. */
export interface Victim {
  engine: Engine;
  lab: string;
  directory: string;
}

/** Random moments from a seed: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const topology = (lab: string) => `export default {
  name: "${lab}",
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    web: { kind: "tailscale", network: "internet", tags: ["tag:web"] },
    nas: { kind: "host", network: "home", services: [{ kind: "http", port: 80 }] },
  },
};
`;

/** Writes the topology, and tells how long `up` and `down` take, in ms. */
export async function prepareVictim(victim: Victim): Promise<Record<"up" | "down", number>> {
  await writeFile(path.join(victim.directory, "lab.ts"), topology(victim.lab));
  const time = async (args: string[]) => {
    const started = performance.now();
    const { exitCode, stderr } = await runOn(victim, args);
    if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${exitCode}: ${stderr}`);
    return performance.now() - started;
  };
  await time(["up", "lab.ts"]);
  const down = await time(["down", "lab.ts"]);
  const up = await time(["up", "lab.ts"]);
  await runOn(victim, ["down", "lab.ts"]);
  return { up, down };
}

/** Interrupts a command, runs the next one, then takes the lab down, and looks for what is left. */
export async function killOnce(victim: Victim, kill: Kill): Promise<Outcome> {
  const problems: string[] = [];
  const must = async (title: string, args: string[], allowed: readonly string[] = []) => {
    const { exitCode, stderr, timedOut } = await runOn(victim, args);
    const isAllowed = allowed.some((name) => stderr.includes(`(${name})`));
    if (timedOut) problems.push(`${title} did not end`);
    else if (exitCode !== 0 && !isAllowed)
      problems.push(`${title} ended with ${exitCode}: ${stderr}`);
  };
  if (kill.killed === "down") await must("up before", ["up", "lab.ts"]);
  const wasKilled = await killedAt(victim, kill);
  switch (kill.next) {
    case "up":
      await must("up", ["up", "lab.ts"]);
      await must("up again", ["up", "lab.ts"]);
      break;
    case "diff":
      await must("diff", ["diff", "lab.ts"]);
      break;
    case "down":
      // Killed before it began or after it was done, there is no lab.
      await must("down", ["down", "lab.ts"], ["LabNotFound"]);
      problems.push(...(await leftOf(victim)));
      break;
    case "inspect":
      // A lab of which not even control runs can't be looked at, and says so.
      await must("inspect", ["inspect", "lab.ts"], ["LabNotFound", "NodeNotFound", "NodeFailed"]);
      break;
    case "clean":
      await must("clean", ["clean", `--lab=${victim.lab}`]);
      problems.push(...(await leftOnEngine(victim)));
      break;
  }
  await must("down at the end", ["down", "lab.ts"], ["LabNotFound"]);
  problems.push(...(await leftOf(victim)));
  return { wasKilled, problems };
}

/** @returns whether it was killed before it ended by itself. */
async function killedAt(victim: Victim, { killed, scope, atMs }: Kill): Promise<boolean> {
  const child = start(victim, [killed, "lab.ts"]);
  const isOver = await Promise.race([child.then(() => true), pause(atMs, false)]);
  if (isOver || child.pid === undefined) return false;
  const pids = scope === "tree" ? await treeOf(child.pid) : [child.pid];
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  await child;
  return true;
}

/** A process and all that it started, which may be in other process groups. */
async function treeOf(root: number): Promise<number[]> {
  const { stdout } = await execa("ps", ["-eo", "pid=,ppid="]);
  const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [root];
  for (const pid of tree)
    tree.push(...rows.filter(([, parent]) => parent === pid).map(([id]) => id ?? 0));
  return tree;
}

/** What a lab that was taken down has left behind. */
export async function leftOf(victim: Victim): Promise<string[]> {
  const state = path.join(victim.directory, ".tailnet-lab");
  const files = await readdir(state, { recursive: true }).catch(() => undefined);
  const temporary = (await readdir(temporaryOf(victim))).map((name) => `temporary ${name}`);
  const { stdout } = await execa("ps", ["-eo", "pid=,args="]);
  const terraform = stdout
    .split("\n")
    .filter((line) => /terraform|tofu/.test(line) && line.includes(victim.directory));
  return [
    ...(await leftOnEngine(victim)),
    ...(files === undefined ? [] : [`state: ${files.join(" ")}`]),
    ...temporary,
    ...terraform,
  ].map((what) => `left: ${what}`);
}

async function leftOnEngine({ engine, lab }: Victim): Promise<string[]> {
  const filters = { label: [`${label.lab}=${lab}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Names }) => `container ${Names.join()}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.map(({ Name }) => `volume ${Name}`),
  ];
}

function temporaryOf({ directory }: Victim): string {
  return path.join(directory, "tmp");
}

function start(victim: Victim, args: string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [program, ...args], {
    cwd: victim.directory,
    reject: false,
    stdin: "ignore",
    // A machine may be busy; a command that never ends is found out nevertheless.
    timeout: 600_000,
    env: { NODE_OPTIONS: "", TMPDIR: temporaryOf(victim), ...env },
  });
}

/** Runs the command line in the lab's directory to its end. */
export async function runOn(victim: Victim, args: string[], env?: Record<string, string>) {
  return await start(victim, args, env);
}

/** Makes the directory, with a short path, as it holds a socket; disposed of, both it and the lab are gone. */
export async function openVictim(engine: Engine, lab: string): Promise<Victim & AsyncDisposable> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "tl-"));
  const victim = { engine, lab, directory };
  await mkdir(temporaryOf(victim));
  return {
    ...victim,
    async [Symbol.asyncDispose]() {
      await cleanAll(engine, { lab });
      await rm(directory, { recursive: true, force: true });
    },
  };
}
