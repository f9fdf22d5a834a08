import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "../errors.ts";

/*
 * DOCKER_HOST=ssh://[user@]host[:port][/path/of/the/socket]. The machine's own ssh forwards one socket: it knows
 * ~/.ssh/config, keys and known hosts, and all requests share one connection.
 */

const standardSocket = "/var/run/docker.sock";

/** The address that DOCKER_HOST had, and the process whose tunnel it names now. A child needs one of its own. */
const original = "TAILNET_LAB_SSH_ENGINE";

/** Whether the engine is reached by SSH; DOCKER_HOST names the tunnel's socket then. */
export function isBySsh(): boolean {
  return process.env[original] !== undefined;
}

/**
 * Opens the tunnel where DOCKER_HOST asks for one, and puts its socket into DOCKER_HOST. It goes with this process.
 * @throws LabError EngineMissing with ssh's message
 */
export async function useSshTunnel(): Promise<void> {
  const [pid, inherited] = (process.env[original] ?? "").split(" ");
  if (inherited !== undefined && pid === String(process.pid)) return;
  const address = inherited ?? process.env.DOCKER_HOST ?? "";
  if (!address.startsWith("ssh://")) return;
  process.env.DOCKER_HOST = `unix://${await openTunnel(address)}`;
  process.env[original] = `${process.pid} ${address}`;
}

async function openTunnel(address: string): Promise<string> {
  const { hostname, port, username, pathname } = new URL(address);
  const folder = mkdtempSync(join(tmpdir(), "tailnet-lab-ssh-"));
  const socket = join(folder, "docker.sock");
  const remote = pathname.length > 1 ? pathname : standardSocket;
  const ssh = spawn(
    "ssh",
    [
      ...["-T", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes"],
      ...["-o", "ServerAliveInterval=15", "-o", "ConnectTimeout=10", "-L", `${socket}:${remote}`],
      ...(port === "" ? [] : ["-p", port]),
      ...(username === "" ? [] : ["-l", decodeURIComponent(username)]),
      // It ends when its input does, so when we do, however that comes; and echoes when all is set up.
      ...["--", hostname, "cat"],
    ],
    // A group of its own: a terminal's Ctrl-C must not cut what still has to be tidied up.
    { stdio: ["pipe", "pipe", "pipe"], detached: true },
  );
  process.once("exit", () => {
    ssh.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await untilEcho(ssh, address);
  ssh.unref();
  for (const stream of ssh.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  return socket;
}

function untilEcho(ssh: ChildProcess, address: string): Promise<void> {
  let output = "";
  ssh.stderr?.on("data", (data) => {
    output = `${output}${data}`.slice(-500);
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new LabError("EngineMissing", `no way to the Docker Engine by SSH: ${why}`, {
          where: address,
          remedy: `see to it that \`ssh ${sshTarget(address)} docker version\` works without a password`,
        }),
      );
    ssh.once("error", (error) => fail(error.message));
    ssh.once("exit", (code) => fail(output.trim().split("\n").at(-1) || `ssh ended with ${code}`));
    ssh.stdout?.once("data", () => resolve());
    ssh.stdin?.on("error", () => {});
    ssh.stdin?.write("ready\n");
  });
}

/** As a reader would type it. */
function sshTarget(address: string): string {
  const { hostname, port, username } = new URL(address);
  const target = username === "" ? hostname : `${username}@${hostname}`;
  return port === "" ? target : `-p ${port} ${target}`;
}
