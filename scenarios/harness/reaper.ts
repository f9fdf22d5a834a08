import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Keeps Testcontainers from starting its own reaper, whose image would need a registry. */
export function withoutRyuk(): void {
  // The labs carry our labels, and go by them.
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  // Testcontainers would pull an image to find out by which address published ports are reached.
  process.env.TESTCONTAINERS_HOST_OVERRIDE ??= "localhost";
}

const reaped = new Set<string>();

/**
 * Starts a small process that waits for this one to end, in whatever way, and then removes what is
 * left of the labs of a run, or of one lab. It holds our end of a pipe and survives
 * Ctrl-C, as Testcontainers' reaper does, whose image would need a registry.
 */
export function reapAfter(labs: { run: string } | { lab: string }): void {
  const filter = JSON.stringify(labs);
  if (reaped.has(filter)) return;
  reaped.add(filter);
  withoutRyuk();
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = fileURLToPath(new URL(`reap.${extension}`, import.meta.url));
  const reaper = spawn(process.execPath, [program, filter], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  reaper.unref();
  // The pipe closes with us; it must not keep us alive.
  (reaper.stdin as unknown as { unref(): void }).unref();
}
