import { LabError } from "../../errors.ts";

/** Measured: the default lab's 14 containers with all that the engine keeps for them. */
const memoryPerContainer = 30 * 2 ** 20;
/** A container's shim, its boot script and tailscaled; threads count as processes do. */
const tasksPerContainer = 30;

/** What an engine's machine has left; undefined where it is not known. */
export interface Capacity {
  memoryBytes?: number | undefined;
  tasks?: { used: number; limit: number } | undefined;
}

/**
 * Why so many more containers don't fit.
 * @returns LabError MemoryShort or TasksShort; undefined where they do
 */
export function capacityFault(containers: number, capacity: Capacity): LabError | undefined {
  const memory = containers * memoryPerContainer;
  const { memoryBytes, tasks } = capacity;
  if (memoryBytes !== undefined && memoryBytes < memory) {
    return new LabError(
      "MemoryShort",
      `${containers} more containers need about ${mebibytes(memory)}, and the engine's machine has ${mebibytes(memoryBytes)}`,
      { remedy: "take other labs down, end other programs, or declare fewer nodes" },
    );
  }
  const wanted = containers * tasksPerContainer;
  if (tasks !== undefined && tasks.limit - tasks.used < wanted) {
    return new LabError(
      "TasksShort",
      `${containers} more containers need about ${wanted} processes and threads, and of ${tasks.limit} the engine's machine has ${tasks.limit - tasks.used} left`,
      {
        where: "kernel.pid_max, kernel.threads-max",
        remedy:
          "raise the limit as root: sysctl -w kernel.pid_max=4194304 kernel.threads-max=4194304",
      },
    );
  }
  return undefined;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
