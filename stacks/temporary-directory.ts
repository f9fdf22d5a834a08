import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabState } from "./state.ts";

/** A directory for one command's own files, open to this user only. */
export interface TemporaryDirectory extends AsyncDisposable {
  directory: string;
}

/**
 * Makes one in the system's temporary directory, where paths are short enough for a socket (108
 * bytes, unix(7)). What a killed process left is removed first. The lab must be locked.
 */
export async function openTemporaryDirectory(state: LabState): Promise<TemporaryDirectory> {
  await removeTemporaryDirectories(state);
  const directory = await mkdtemp(join(tmpdir(), prefixOf(state)));
  return {
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/**
 * Removes what killed commands for the same state left. The lab must be locked: then nobody uses it.
 * The system's temporary directory is everybody's: only directories that this user made for himself
 * are removed, and no link is followed.
 */
export async function removeTemporaryDirectories(state: LabState): Promise<void> {
  const prefix = prefixOf(state);
  for (const entry of await readdir(tmpdir())) {
    const path = join(tmpdir(), entry);
    if (entry.startsWith(prefix) && (await isOwn(path))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** The state's directory in short: its commands find each other's leftovers by it. */
function prefixOf({ directory }: LabState): string {
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  return `tailnet-lab-stack-${digest}-`;
}

/** Not gone, not a link, not another's, and closed to all others, as `mkdtemp` makes it. */
async function isOwn(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return (
    status?.isDirectory() === true &&
    status.uid === process.getuid?.() &&
    (status.mode & 0o077) === 0
  );
}
