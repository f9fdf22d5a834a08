import { devNull } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { type Engine, engineLost } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { describePart, partAt } from "./address.ts";
import { serveProvider } from "./provider/server.ts";
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
/** A killed run's Terraform may live a moment longer, until it notices that its provider is gone. */
export const lockTimeout = "-lock-timeout=20s";

/** Terraform or OpenTofu with the embedded provider behind it. */
export interface Terraform extends AsyncDisposable {
  /**
   * Runs a command with `-json`, telling each event.
   * @throws LabError `TerraformFailed` with its words, `EngineLost`, `DiskFull`, `TunMissing`; the
   *   signal's reason where that was aborted: Terraform has then ended in order.
   */
  run(args: string[], options: RunOptions): Promise<void>;
  /** Runs a command that prints one JSON document. */
  read(args: string[], options: { cwd: string }): Promise<unknown>;
}

export interface RunOptions {
  cwd: string;
  signal?: AbortSignal | undefined;
  onEvent?: (event: TerraformEvent) => void;
}

/** @param temporary a directory for the provider's socket. */
export async function openTerraform(
  engine: Engine,
  program: string,
  temporary: TemporaryDirectory,
): Promise<Terraform> {
  const provider = await serveProvider(engine, join(temporary.directory, "provider.sock"));
  const environment = {
    // Whatever a user set for his own Terraform is not meant for this one.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TF_"))),
    ...provider.environment,
    TF_CLI_CONFIG_FILE: devNull,
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
  };
  const options = (cwd: string) =>
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
    async run(args, { cwd, signal, onEvent }) {
      signal?.throwIfAborted();
      const child = execa(program, args, { ...options(cwd), buffer: { stdout: false } });
      const interrupt = () => child.kill("SIGINT");
      signal?.addEventListener("abort", interrupt);
      const errors: Diagnostic[] = [];
      try {
        for await (const line of child.iterable()) {
          const event = readEvent(line);
          if (event?.diagnostic?.severity === "error") errors.push(event.diagnostic);
          if (event !== undefined) onEvent?.(event);
        }
      } finally {
        signal?.removeEventListener("abort", interrupt);
      }
      const { exitCode, stderr, shortMessage } = await child;
      signal?.throwIfAborted();
      if (exitCode === 0) return;
      const lost = provider.engineLost();
      if (lost !== undefined) throw engineLost(lost);
      throw failure(errors, stderr.trim() || (shortMessage ?? `it ended with ${exitCode}`));
    },
    async read(args, { cwd }) {
      const { exitCode, stdout, stderr } = await execa(program, args, options(cwd));
      if (exitCode !== 0) throw failure([], stderr);
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}

/** @returns undefined for a line that is no event: a warning before the output begins, a line cut off. */
function readEvent(line: string): TerraformEvent | undefined {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Terraform's words, under the name of what the reader can mend. */
function failure(errors: readonly Diagnostic[], otherwise: string): LabError {
  const words =
    [
      ...new Set(errors.map(({ summary, detail }) => [summary, detail].filter(Boolean).join(": "))),
    ].join("\n") || otherwise;
  const address = errors.find((error) => error.address !== undefined)?.address;
  const part = address === undefined ? undefined : partAt(address);
  const details = { ...(part === undefined ? {} : { where: describePart(part) }) };
  if (/no space left on device/i.test(words)) {
    return new LabError("DiskFull", words, {
      ...details,
      remedy:
        "free some space where the Docker Engine keeps its data, then run the same command again",
    });
  }
  if (/\/dev\/net\/tun/.test(words)) {
    return new LabError("TunMissing", words, {
      ...details,
      remedy: "load the kernel's module on the engine's machine: modprobe tun",
    });
  }
  return new LabError("TerraformFailed", words, {
    ...details,
    remedy:
      "run the same command again once the cause is gone; it goes on from where this one ended",
  });
}
