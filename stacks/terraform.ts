import { devNull } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { type Engine, engineLost } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { describePart, partAt } from "./address.ts";
import { idleTimer } from "./idle-timer.ts";
import { stateVariable } from "./left-terraform.ts";
import { serveProvider } from "./provider/server.ts";
import type { LabState } from "./state.ts";
import type { TemporaryDirectory } from "./temporary-directory.ts";

/** A line of Terraform's `-json` output, as far as we read it. */
const eventSchema = z.object({
  type: z.string(),
  hook: z
    .object({ action: z.string().optional(), resource: z.object({ addr: z.string() }) })
    .optional(),
  changes: z.object({ add: z.number(), change: z.number(), remove: z.number() }).optional(),
  diagnostic: z
    .object({
      severity: z.string(),
      summary: z.string(),
      detail: z.string().optional(),
      address: z.string().optional(),
    })
    .optional(),
});
export type TerraformEvent = z.output<typeof eventSchema>;
type Diagnostic = NonNullable<TerraformEvent["diagnostic"]>;

/** All at once: the provider puts what it is asked for into order, and limits what is done together. */
export const parallelism = "-parallelism=1024";
/** A user's own Terraform in the lab's directory may hold the state for a moment. */
export const lockTimeout = "-lock-timeout=20s";

/** Terraform or OpenTofu with the embedded provider behind it. */
export interface Terraform extends AsyncDisposable {
  /**
   * Runs a command with `-json`, telling each event.
   * @throws LabError `TerraformFailed` with its message, `EngineLost`, `DiskFull`, `TunMissing`,
   *   `WaitTimedOut` where nothing moves any more; the signal's reason where that was aborted: Terraform has
   *   then ended, in order where it did so in time.
   */
  run(args: string[], options: RunOptions): Promise<void>;
  /** Runs a command that prints one JSON document. */
  read(args: string[], options: Pick<RunOptions, "cwd" | "signal">): Promise<unknown>;
}

export interface RunOptions {
  cwd: string;
  signal?: AbortSignal | undefined;
  onEvent?: (event: TerraformEvent) => void;
  /** Told what an interrupted Terraform is waited for. */
  detail?: (text: string) => void;
  /** How long nothing may move, in ms. One start takes seconds at most, also on a busy machine. */
  idleMs?: number;
  /** The same once it is interrupted. */
  endIdleMs?: number;
}

/** How long a command gets that only reads files, in ms. */
const readMs = 60_000;

/**
 * @param temporary a directory for the provider's socket.
 * @param state by which a Terraform that outlives this process is found.
 */
export async function openTerraform(
  engine: Engine,
  program: string,
  temporary: TemporaryDirectory,
  state: LabState,
): Promise<Terraform> {
  const provider = await serveProvider(engine, join(temporary.directory, "provider.sock"));
  const environment = {
    // Whatever a user set for his own Terraform is not meant for this one.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TF_"))),
    ...provider.environment,
    TF_CLI_CONFIG_FILE: devNull,
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
    [stateVariable]: state.directory,
  };
  const childOptions = (cwd: string) =>
    ({
      cwd,
      env: environment,
      extendEnv: false,
      reject: false,
      stdin: "ignore",
      // In a group of its own: a terminal's Ctrl-C would reach it beside ours, and two make it quit at once.
      detached: true,
    }) as const;

  return {
    async run(args, options) {
      const { cwd, signal, onEvent, detail = () => {} } = options;
      const { idleMs = 120_000, endIdleMs = 20_000 } = options;
      signal?.throwIfAborted();
      const child = execa(program, args, { ...childOptions(cwd), buffer: { stdout: false } });
      const name = `process ${child.pid} (${basename(program)} ${args[0]})`;
      let stopped: LabError | undefined;
      const watch = idleTimer(idleMs, (ms) => {
        stopped = timedOut(name, ms);
        child.kill("SIGKILL");
      });
      const interrupt = () => {
        detail(`waiting for the end of ${name}`);
        child.kill("SIGINT");
        watch.limitTo(endIdleMs);
      };
      signal?.addEventListener("abort", interrupt, { once: true });
      const errors: Diagnostic[] = [];
      try {
        for await (const line of child.iterable()) {
          const event = readEvent(line);
          if (event === undefined) continue;
          // It says that it waits as long as it does so.
          if (event.type !== "apply_progress") watch.moved();
          if (event.diagnostic?.severity === "error") errors.push(event.diagnostic);
          onEvent?.(event);
        }
      } finally {
        watch.end();
        signal?.removeEventListener("abort", interrupt);
      }
      const { exitCode, stderr, shortMessage } = await child;
      if (stopped !== undefined && signal?.aborted === true) detail(stopped.what);
      signal?.throwIfAborted();
      if (stopped !== undefined) throw stopped;
      if (exitCode === 0) return;
      const lost = provider.engineLost();
      if (lost !== undefined) throw engineLost(lost);
      throw failure(errors, stderr.trim() || (shortMessage ?? `it ended with ${exitCode}`));
    },
    async read(args, { cwd, signal }) {
      signal?.throwIfAborted();
      const child = execa(program, args, {
        ...childOptions(cwd),
        timeout: readMs,
        forceKillAfterDelay: 1000,
        ...(signal === undefined ? {} : { cancelSignal: signal }),
      });
      const { exitCode, stdout, stderr, timedOut: isLate } = await child;
      signal?.throwIfAborted();
      if (isLate) throw timedOut(`process ${child.pid} (${basename(program)} ${args[0]})`, readMs);
      if (exitCode !== 0) throw failure([], stderr);
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}

function timedOut(name: string, ms: number): LabError {
  return new LabError(
    "WaitTimedOut",
    `timed out after ${ms / 1000} s in which nothing changed, waiting for ${name}; it was killed`,
    {
      remedy:
        "see whether the Docker Engine answers (`docker ps`), then run the same command again",
    },
  );
}

/** @returns undefined for a line that is no event: a warning before the output begins, a line cut off. */
function readEvent(line: string): TerraformEvent | undefined {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Terraform's message, under the name of what the reader can mend. */
function failure(errors: readonly Diagnostic[], otherwise: string): LabError {
  const message =
    [
      ...new Set(errors.map(({ summary, detail }) => [summary, detail].filter(Boolean).join(": "))),
    ].join("\n") || otherwise;
  const address = errors.find((error) => error.address !== undefined)?.address;
  const part = address === undefined ? undefined : partAt(address);
  const details = { ...(part === undefined ? {} : { where: describePart(part) }) };
  if (/no space left on device/i.test(message)) {
    return new LabError("DiskFull", message, {
      ...details,
      remedy:
        "free some space where the Docker Engine keeps its data, then run the same command again",
    });
  }
  if (/\/dev\/net\/tun/.test(message)) {
    return new LabError("TunMissing", message, {
      ...details,
      remedy: "load the kernel's module on the engine's machine: modprobe tun",
    });
  }
  return new LabError("TerraformFailed", message, {
    ...details,
    remedy:
      "run the same command again once the cause is gone; it goes on from where this one ended",
  });
}
