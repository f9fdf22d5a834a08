import { setPriority } from "node:os";
import { execa } from "execa";
import { plainLines } from "./output.ts";

interface Run {
  cwd?: string;
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
  onLine: (line: string) => void;
  /** As of nice(1). */
  nice?: number;
  /** Which lines tell why it failed, of all that it prints; absent: all. */
  isReason?: (line: string) => boolean;
  /** For a package manager: it alone is interrupted, and decides when it is safe to end. */
  atOwnPace?: boolean;
}

/** How long a program may take to tidy up after an abort. */
const killAfterMs = 5000;

/**
 * Runs a program, and hands on its output of both streams as plain lines. An abort interrupts it and
 * all that it has started.
 * @throws the signal's reason; Error with the last lines that tell why it failed
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env = {}, signal, onLine, nice = 0, isReason = () => true, atOwnPace = false }: Run,
): Promise<void> {
  signal?.throwIfAborted();
  const program = execa(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdin: "ignore",
    all: true,
    lines: true,
    reject: false,
    // A group of its own: what it starts holds its output open, so an abort must reach all of them.
    detached: true,
  });
  if (nice > 0 && program.pid !== undefined) setPriority(program.pid, nice);
  let timer: NodeJS.Timeout | undefined;
  const killAll = () => killGroup(program.pid, "SIGKILL");
  const interrupt = () => {
    if (atOwnPace) {
      program.kill("SIGINT");
      return;
    }
    // What it has started may heed no interrupt, and hold its output open.
    const { nodeChildProcess: child } = program;
    child.once("exit", killAll);
    timer = setTimeout(killAll, killAfterMs);
    killGroup(program.pid, "SIGINT");
    if (child.exitCode !== null || child.signalCode !== null) killAll();
  };
  const atExit = () => {
    if (!atOwnPace) killGroup(program.pid, "SIGTERM");
  };
  signal?.addEventListener("abort", interrupt);
  process.once("exit", atExit);
  const reasons: string[] = [];
  try {
    for await (const raw of program.iterable({ from: "all" })) {
      for (const line of plainLines(String(raw))) {
        onLine(line);
        if (isReason(line)) reasons.push(line);
      }
    }
    const result = await program;
    signal?.throwIfAborted();
    if (!result.failed) return;
    const reason = reasons.slice(-8).join("; ") || plainLines(result.shortMessage ?? "").join("; ");
    const title = args[0]?.startsWith("-") === false ? `${command} ${args[0]}` : command;
    throw new Error(`${title}: ${reason}`, { cause: result });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", interrupt);
    process.off("exit", atExit);
  }
}

/** @param pid of the group's first process; undefined where the program could not be started */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
