import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type Docker from "dockerode";

/** The label of what a build makes on its way: who builds. On a finished image it is empty. */
export const ownerLabel = "tailnet-lab.build";

/** Longer than any build: what is older is left over, whichever machine's process made it. */
const staleSeconds = 24 * 60 * 60;
/** A finished image gets its tag at once; without one, another process had the same built. */
const untaggedSeconds = 60 * 60;

/** A name for one set of builds of this process: `<where process ids are unique>.<pid>.<random>`. */
export function newOwner(): string {
  return [processSpace(), process.pid, randomBytes(4).toString("hex")].join(".");
}

/**
 * Removes what builds left on the engine: containers of their steps, and images without a tag that
 * were only copied from or come of an unfinished build. What is in use stays.
 */
export async function removeLeftovers(
  engine: Docker,
  isLeft: (owner: string, createdSeconds: number) => boolean,
): Promise<void> {
  const abortSignal = AbortSignal.timeout(10_000);
  const label = [ownerLabel];
  const containers = await engine.listContainers({ all: true, filters: { label }, abortSignal });
  for (const { Id, Labels, Created } of containers) {
    const owner = Labels[ownerLabel] ?? "";
    // Containers of finished images have the label of their image.
    if (owner === "" || !isLeft(owner, Created)) continue;
    const container = engine.getContainer(Id);
    await container.remove({ force: true, v: true, abortSignal }).catch(ignore);
    // The builder may be removing it: its images are free only when it is gone.
    await container.wait({ condition: "removed", abortSignal }).catch(ignore);
  }
  const images = await engine.listImages({ filters: { label, dangling: ["true"] }, abortSignal });
  for (const { Id, Labels, Created } of images) {
    if (!isLeft(Labels?.[ownerLabel] ?? "", Created)) continue;
    await engine.getImage(Id).remove({ abortSignal }).catch(ignore);
  }
}

/** Whether the process that owns it has ended, as far as it can be told from here. */
export function isAbandoned(owner: string, createdSeconds: number): boolean {
  const age = Date.now() / 1000 - createdSeconds;
  if (owner === "") return age > untaggedSeconds;
  if (age > staleSeconds) return true;
  const [space, pid] = owner.split(".");
  return space === processSpace() && !isRunning(Number(pid));
}

/** Whether a process of this id runs, whoever's it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The engine may be shared by machines and by containers, whose process ids are others'. */
function processSpace(): string {
  return createHash("sha256").update(bootAndNamespace()).digest("hex").slice(0, 12);
}

function bootAndNamespace(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8")}${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    // Not Linux.
    return hostname();
  }
}

/** Already gone, or in use: the next set of builds tries again. */
function ignore(): void {}
