import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { which } from "zx";
import { LabError } from "../../lab/errors.ts";
import { cacheFolder } from "../machine.ts";
import type { Combination } from "./combinations.ts";

/** A Docker Engine that is gone, with all that runs on it, when it is disposed of or this process ends. */
export interface OwnEngine extends AsyncDisposable {
  engine: Docker;
  socket: string;
  /** For DOCKER_HOST. */
  address: string;
  /** A process in its network namespace. */
  pid: number;
}

/** Folders of what was built: see `ensureEnginePart`. */
export interface BuiltPrograms {
  docker: string;
  runc: string;
}

/** An engine to start, with the folders of its programs: the machine's own needs none of those. */
export type Startable =
  | (Extract<Combination, { from: "machine" }> & { built?: BuiltPrograms })
  | (Extract<Combination, { from: "modules" }> & { built: BuiltPrograms });

/** What an engine has that does not stand alone. */
export interface Surroundings {
  /** More of daemon.json. */
  daemon: Record<string, unknown>;
  /** A program in its namespaces, for as long as it runs. */
  beside: readonly string[];
  /** Where its default route leads: out through this machine, for what builds download, or nowhere. */
  uplink: "machine" | "nowhere";
}

const alone: Surroundings = { daemon: {}, beside: [], uplink: "nowhere" };
const startLimitMs = 60_000;
const script = fileURLToPath(new URL("engine.sh", import.meta.url));

/**
 * Starts an engine beside whichever runs, in namespaces of its own; see engine.sh. Needs root.
 * @throws LabError EngineMissing
 */
export async function startOwnEngine(
  startable: Startable,
  { daemon, beside, uplink } = alone,
): Promise<OwnEngine> {
  const folder = mkdtempSync(join(tmpdir(), "tailnet-lab-engine-"));
  const socket = join(folder, "docker.sock");
  const address = `unix://${socket}`;
  const options = { ...daemonOptions(startable, folder), hosts: [address], ...daemon };
  writeFileSync(join(folder, "daemon.json"), JSON.stringify(options, null, 2));
  const program =
    startable.from === "modules" ? join(startable.built.docker, "dockerd") : await which("dockerd");

  const log = join(cacheFolder(), `${startable.name.replaceAll(" ", "-")}.log`);
  mkdirSync(cacheFolder(), { recursive: true });
  const output = openSync(log, "w");
  // A session of its own: Ctrl-C does not reach it, but the end of our side of the pipe does.
  const supervisor = spawn("bash", [script, folder, uplink, program, ...beside], {
    detached: true,
    stdio: ["pipe", output, output],
  });
  const ended = once(supervisor, "close");
  supervisor.unref();
  (supervisor.stdin as unknown as { unref(): void }).unref();

  const engine = new Docker({ socketPath: socket });
  const dispose = async () => {
    supervisor.ref();
    supervisor.stdin?.end();
    await ended;
  };
  const deadline = performance.now() + startLimitMs;
  while (!(await answers(engine))) {
    const isOver = supervisor.exitCode !== null || performance.now() > deadline;
    if (!isOver) {
      await pause(100);
      continue;
    }
    await dispose();
    const last = readFileSync(log, "utf8").trim().split("\n").slice(-3).join("; ");
    throw new LabError("EngineMissing", `Docker Engine ${startable.name} did not start: ${last}`, {
      where: log,
    });
  }
  const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
  return { engine, socket, address, pid, [Symbol.asyncDispose]: dispose };
}

async function answers(engine: Docker): Promise<boolean> {
  return engine.ping().then(
    () => true,
    () => false,
  );
}

/** What of daemon.json sets this engine apart. Paths in /run are in its own file system. */
function daemonOptions(startable: Startable, folder: string) {
  const shared = {
    "data-root": join(folder, "data"),
    "exec-root": "/run/docker",
    pidfile: "/run/docker.pid",
    // systemd, where it runs, would be asked by a socket that is out of sight.
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": `/${basename(folder)}`,
  };
  if (startable.from === "machine") return shared;
  const { store, firewall, built } = startable;
  return {
    ...shared,
    features: { "containerd-snapshotter": store === "containerd" },
    "firewall-backend": firewall,
    "userland-proxy-path": join(built.docker, "docker-proxy"),
    runtimes: { built: { path: join(built.runc, "runc") } },
    "default-runtime": "built",
  };
}
