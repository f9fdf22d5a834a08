import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { vi } from "vitest";
import { runCommandLine } from "../../cli/command-line.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The command line as a process: its arguments come behind. */
export const commandLine = [`${root}setup/start.mjs`, "cli/main.ts"];

/** An engine that is not there. */
const nowhere = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

/** Of such a process. What Node has compiled is half of the time of a short command. */
export const environment = {
  ...nowhere,
  NODE_COMPILE_CACHE: `${root}node_modules/.cache/tailnet-lab-test`,
};

/** Beside this process's own; undefined takes one away. */
type Environment = Record<string, string | undefined>;

/** This process's working directory where absent. */
interface Where {
  cwd?: string;
}

/** How a command line ended, and what it printed, each without its last newline. */
export interface Ended {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * Runs a command line without an engine in this process, one at a time. As a process of its own it would take a
 * third of a second of processor time, most of it to load what is loaded here.
 */
export async function runCli(
  args: readonly string[],
  env: Environment = {},
  { cwd }: Where = {},
): Promise<Ended> {
  const before = process.cwd();
  const restoreEnvironment = setEnvironment({ ...nowhere, ...env });
  using stdout = capture(process.stdout);
  using stderr = capture(process.stderr);
  try {
    if (cwd !== undefined) process.chdir(cwd);
    await runCommandLine(args, new AbortController().signal);
    const exitCode = Number(process.exitCode ?? 0);
    return { stdout: stdout.text(), stderr: stderr.text(), exitCode };
  } finally {
    process.chdir(before);
    process.exitCode = undefined;
    restoreEnvironment();
  }
}

/** The same as a process of its own: for signals, and for what Node does where it starts and ends. */
export function startCli(args: readonly string[], env: Environment = {}, where: Where = {}) {
  return execa(process.execPath, [...commandLine, ...args], {
    env: { ...environment, ...env },
    ...where,
    reject: false,
    stdin: "ignore",
  });
}

/** @returns what sets it back */
function setEnvironment(values: Environment): () => void {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  const set = (environment: Environment) => {
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  set(values);
  return () => set(before);
}

/** Keeps what is written to a stream, in the place of writing it. */
function capture(stream: NodeJS.WriteStream): Disposable & { text(): string } {
  const chunks: string[] = [];
  const write = vi.spyOn(stream, "write").mockImplementation((chunk) => {
    chunks.push(String(chunk));
    return true;
  });
  return {
    text: () => chunks.join("").replace(/\n$/, ""),
    [Symbol.dispose]: () => write.mockRestore(),
  };
}
