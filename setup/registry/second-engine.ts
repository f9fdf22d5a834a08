import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { $ } from "zx";
import { LabError } from "../../lab/errors.ts";

/** An engine with a registry as its mirror, which is gone with all that it has when it is disposed of. */
export interface SecondEngine extends AsyncDisposable {
  engine: Docker;
  socket: string;
  /** A process in its network namespace. */
  pid: number;
  /** What the registry was asked for, a line each. */
  registryLog(): string;
}

export const registryAddress = "127.0.0.1:5000";
const startLimitMs = 60_000;
const link = "tailnet-reg";
const controlGroup = `tailnet-lab-registry-${process.pid}`;
const script = fileURLToPath(new URL("engine.sh", import.meta.url));
const quietly = $({ quiet: true });

/**
 * Starts both in namespaces of their own, with a way out through this machine for the builds' downloads.
 * Needs root.
 * @param registry the path of docker-registry
 * @throws LabError EngineMissing
 */
export async function startSecondEngine(folder: string, registry: string): Promise<SecondEngine> {
  mkdirSync(folder, { recursive: true });
  const socket = join(folder, "docker.sock");
  const options = {
    hosts: [`unix://${socket}`],
    "data-root": join(folder, "data"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "docker.pid"),
    // systemd, where it runs, would make its control groups.
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": `/${controlGroup}`,
    "registry-mirrors": [`http://${registryAddress}`],
  };
  writeFileSync(join(folder, "daemon.json"), JSON.stringify(options));
  writeFileSync(
    join(folder, "registry.yml"),
    [
      "version: 0.1",
      `storage: { filesystem: { rootdirectory: ${JSON.stringify(join(folder, "registry"))} } }`,
      `http: { addr: "${registryAddress}" }`,
    ].join("\n"),
  );
  // A group of its own: Ctrl-C ends what runs on the engine first.
  const supervisor = spawn("sh", [script, folder, registry], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(supervisor, "exit");
  const pid = supervisor.pid ?? 0;
  const dispose = async () => {
    supervisor.kill("SIGKILL");
    await ended;
    await disconnect();
    await removeControlGroups();
  };
  try {
    await once(supervisor.stdout, "data");
    await connect(supervisor);
    const engine = new Docker({ socketPath: socket });
    await untilItAnswers(engine, supervisor, folder);
    return {
      engine,
      socket,
      pid,
      registryLog: () => readFileSync(join(folder, "registry.log"), "utf8"),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The addresses are of the range that no router knows (RFC 3927): they meet no other network. */
async function connect(supervisor: ChildProcess): Promise<void> {
  // What a killed run left.
  await disconnect();
  await quietly`ip link add ${link} type veth peer name uplink netns ${supervisor.pid}`;
  await quietly`ip address add 169.254.77.1/30 dev ${link}`;
  await quietly`ip link set ${link} up`;
  for (const rule of rules) await quietly`iptables -w ${rule.table} -I ${rule.match}`;
  supervisor.stdin?.write("connected\n");
}

const rules = [
  { table: ["-t", "nat"], match: ["POSTROUTING", "-s", "169.254.77.2", "-j", "MASQUERADE"] },
  { table: ["-t", "filter"], match: ["FORWARD", "-i", link, "-j", "ACCEPT"] },
  { table: ["-t", "filter"], match: ["FORWARD", "-o", link, "-j", "ACCEPT"] },
];

async function disconnect(): Promise<void> {
  const tried = $({ quiet: true, nothrow: true });
  for (const { table, match } of rules) await tried`iptables -w ${table} -D ${match}`;
  await tried`ip link delete ${link}`;
}

/** A control group is busy until the kernel has done away with its last process. */
async function removeControlGroups(): Promise<void> {
  const tried = $({ quiet: true, nothrow: true });
  const deadline = performance.now() + 5000;
  for (;;) {
    const groups = ["/sys/fs/cgroup", "-depth", "-type", "d", "-path", `*/${controlGroup}*`];
    const { stdout } = await tried`find ${groups}`;
    if (stdout.trim() === "" || performance.now() > deadline) return;
    await tried`rmdir ${stdout.trim().split("\n")}`;
    await pause(100);
  }
}

async function untilItAnswers(
  engine: Docker,
  supervisor: ChildProcess,
  folder: string,
): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  const answers = () =>
    engine.ping().then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (supervisor.exitCode !== null || performance.now() > deadline) {
      const log = readFileSync(join(folder, "dockerd.log"), "utf8");
      const last = log.trim().split("\n").slice(-3).join("; ");
      throw new LabError("EngineMissing", `the second Docker Engine did not start: ${last}`);
    }
    await pause(100);
  }
}
