import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "tailnet-lab-images-";

interface TemporaryDirectory extends Disposable {
  /** The path of a folder in it for one image; not made yet. */
  folder(ref: string): string;
}

/**
 * A temporary folder for one set of builds. It goes with the process, also on Ctrl-C; what a killed
 * process left, the next one removes.
 */
export function openTemporaryDirectory(): TemporaryDirectory {
  for (const entry of readdirSync(tmpdir())) {
    const pid = entry.startsWith(prefix) ? Number(entry.slice(prefix.length).split("-")[0]) : NaN;
    if (Number.isInteger(pid) && !lives(pid)) remove(join(tmpdir(), entry));
  }
  const path = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
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

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
