import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import { isRunning } from "./leftovers.ts";
import { errorMessage } from "./output.ts";

const prefix = "tailnet-lab-images-";

interface TemporaryDirectory extends Disposable {
  /** The path of a folder in it for one image; not made yet. */
  folder(ref: string): string;
}

/**
 * A temporary directory for one set of builds. It goes with the process, also on Ctrl-C; what a
 * killed process of this user left, the next one removes.
 * @throws LabError DiskFull, ImageUnbuildable where none can be made
 */
export function openTemporaryDirectory(): TemporaryDirectory {
  removeAbandoned();
  const path = makeDirectory();
  const atExit = () => remove(path);
  process.once("exit", atExit);
  return {
    folder: (ref) => join(path, ref.replaceAll(/[/:]/g, "-")),
    [Symbol.dispose]() {
      process.off("exit", atExit);
      remove(path);
    },
  };
}

function makeDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  } catch (error) {
    const name =
      (error as NodeJS.ErrnoException).code === "ENOSPC" ? "DiskFull" : "ImageUnbuildable";
    throw new LabError(name, `no temporary directory can be made: ${errorMessage(error)}`, {
      where: tmpdir(),
      remedy: "set TMPDIR to a directory that you can write to, with 5 GB free",
      cause: error,
    });
  }
}

function removeAbandoned(): void {
  const folder = tmpdir();
  for (const entry of readable(folder).filter((name) => name.startsWith(prefix))) {
    const pid = Number(entry.slice(prefix.length).split("-")[0]);
    const path = join(folder, entry);
    if (Number.isInteger(pid) && !isRunning(pid) && isOurs(path)) remove(path);
  }
}

function readable(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Another user's stays theirs, also where we are root: while it is removed, they could change what is in it. */
function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.getuid?.();
}

/** As far as it goes: what may not be removed, or is being removed by another, stops no build. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {}
}
