import { randomUUID } from "node:crypto";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { Container, Exec } from "dockerode";
import { LabError } from "../errors.ts";
import { engineCall, engineLost, engineStatus } from "./engine.ts";
import { unframe } from "./frames.ts";

export interface ExecOptions {
  /** Written to the standard input, which then ends. */
  input?: string | Uint8Array;
  /** The process is killed after this time, and the call rejects with WaitTimedOut. */
  timeoutMs?: number;
  /** The process is killed when it aborts, and the call rejects with its reason. */
  signal?: AbortSignal | undefined;
  env?: Record<string, string>;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** A process that runs in a container. */
export interface Spawned {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended and its output is read. */
  readonly exitCode: Promise<number>;
  /** Ends the process and all it started. */
  kill(): Promise<void>;
}

/** Marks a process and its children in their environment, so that they can be found and ended. */
const mark = "TAILNET_LAB_EXEC";
/** Kills all that carry the mark $1, until none is left: one may fork while we look. */
const killMarked = `while f=$(grep -lsz "^${mark}=$1$" /proc/[0-9]*/environ); do
  for e in $f; do p=\${e#/proc/}; kill -9 "\${p%/environ}" 2>/dev/null; done
done; :`;

/** Starts a process in a container. `where` names the node in errors. */
export async function spawnIn(
  container: Container,
  where: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Spawned> {
  const token = randomUUID();
  const exec = await createExec(container, where, argv, { ...env, [mark]: token });
  const socket = await engineCall(exec.start({ hijack: true, stdin: true }));
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  unframe(socket, stdout, stderr);
  const exitCode = new Promise<void>((resolve, reject) => {
    socket.once("close", resolve);
    socket.once("error", (error) => reject(engineLost(error)));
  }).then(() => exitCodeOf(exec));
  // Whoever does not ask for the exit code must not die of it.
  exitCode.catch(() => {});
  const killAll = async () => {
    try {
      const { Running, Paused } = (await container.inspect()).State;
      // A paused container takes no process; what runs in it ends with the container.
      if (!Running || Paused) return;
      const killer = await createExec(container, where, ["sh", "-c", killMarked, "sh", token], {});
      const output = await killer.start({});
      for await (const _ of output);
    } finally {
      socket.destroy();
    }
  };
  return { stdin: socket, stdout, stderr, exitCode, kill: () => engineCall(killAll()) };
}

/** Runs a process in a container to its end. A non-zero exit code is a result, not an error. */
export async function execIn(
  container: Container,
  where: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { input, timeoutMs, signal, env } = options;
  signal?.throwIfAborted();
  const spawned = await spawnIn(container, where, argv, env);
  spawned.stdin.end(input);
  const done = Promise.all([text(spawned.stdout), text(spawned.stderr), spawned.exitCode]);
  // Its output ends while it is being killed: the reason of the kill goes before the result.
  let killed: { reason: unknown; done: Promise<void> } | undefined;
  const kill = (reason: unknown) => {
    killed ??= { reason, done: spawned.kill() };
    // An engine that is gone rejects `done` too.
    killed.done.catch(() => {});
  };
  const onAbort = () => kill(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => kill(execStalled(where, argv, timeoutMs)), timeoutMs);
  try {
    const result = await done.catch((error: unknown) => {
      // A process that could not be ended, as in a paused container, has no exit code.
      if (killed === undefined) throw error;
    });
    if (killed === undefined && result !== undefined) {
      const [stdout, stderr, exitCode] = result;
      return { stdout, stderr, exitCode };
    }
    await killed?.done;
    throw killed?.reason;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function createExec(
  container: Container,
  where: string,
  argv: readonly string[],
  env: Record<string, string>,
): Promise<Exec> {
  try {
    return await engineCall(
      container.exec({
        Cmd: [...argv],
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
      }),
    );
  } catch (error) {
    const status = engineStatus(error);
    if (status !== 404 && status !== 409) throw error;
    const isPaused = status === 409 && /is paused/.test(String(error));
    throw new LabError(
      "NodeFailed",
      status === 404
        ? "its container is gone"
        : isPaused
          ? "its container is paused"
          : "its container does not run",
      {
        where,
        remedy: isPaused
          ? "let it go on: `docker unpause`, with the container's name from `docker ps`"
          : "see `tailnet-lab logs` for its last output; `tailnet-lab up` brings it back",
        cause: error,
      },
    );
  }
}

/** The engine closes the output before it notes the exit: a moment's wait, two seconds at most. */
async function exitCodeOf(exec: Exec): Promise<number> {
  const limit = performance.now() + 2000;
  for (;;) {
    const { ExitCode, Running } = await engineCall(exec.inspect());
    if (!Running && ExitCode !== null) return ExitCode;
    if (performance.now() > limit)
      throw engineLost(new Error("a process ended without an exit code"));
    await pause(5);
  }
}

function execStalled(where: string, argv: readonly string[], timeoutMs: number): LabError {
  return new LabError(
    "WaitTimedOut",
    `\`${argv.join(" ")}\` did not end in ${timeoutMs / 1000} s`,
    {
      where,
      remedy: "look at the node with `tailnet-lab exec` and `tailnet-lab logs`",
    },
  );
}
