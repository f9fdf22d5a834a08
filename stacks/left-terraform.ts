import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "../lab/errors.ts";
import type { LabState } from "./state.ts";

/** Marks Terraform's processes in their environment with the lab's directory. */
export const stateVariable = "TAILNET_LAB_STATE";

const limitMs = 5000;

/**
 * Kills the Terraform of a command that was killed: it lives until it notices that its provider is gone,
 * and writes into the lab's state. Its state may be cut off then; what it does not know are orphans.
 * Does nothing where there is no /proc.
 * @throws LabError `WaitTimedOut` with the process's id where one does not end.
 */
export async function endLeftTerraform(state: LabState): Promise<void> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const pids = await leftProcesses(state);
    if (pids.length === 0) return;
    if (performance.now() > limit) {
      throw new LabError(
        "WaitTimedOut",
        `timed out after ${limitMs / 1000} s waiting for the end of process ${pids.join(", ")}, the Terraform of an interrupted command`,
        {
          where: state.directory,
          remedy: `see what holds it: ps -o pid,stat,wchan,args ${pids[0]}`,
        },
      );
    }
    for (const pid of pids) kill(pid);
    await pause(20);
  }
}

async function leftProcesses({ directory }: LabState): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const mark = `${stateVariable}=${directory}`;
  const pids: number[] = [];
  for (const entry of entries) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    // Another user's can't be read; a process that has ended has none.
    const environment = await readFile(`/proc/${entry}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(mark)) pids.push(Number(entry));
  }
  return pids;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
