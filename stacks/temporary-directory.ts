import { randomBytes } from "node:crypto";
import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LabState, removeIfEmpty } from "./state.ts";

/** A directory for one command's own files, open to this user only. */
export interface TemporaryDirectory extends AsyncDisposable {
  directory: string;
}

/**
 * Makes one in the system's temporary directory, where paths are short enough for a socket (108
 * bytes, unix(7)). A link in the lab's directory tells where it is, so that what a killed process
 * left is removed by the next command for the same lab. The lab must be locked.
 */
export async function openTemporaryDirectory(state: LabState): Promise<TemporaryDirectory> {
  const link = join(state.directory, "temporary");
  await removeTemporary(link);
  const directory = join(tmpdir(), `tailnet-lab-${randomBytes(6).toString("hex")}`);
  await mkdir(state.directory, { recursive: true });
  await symlink(directory, link);
  await mkdir(directory, { mode: 0o700 });
  return {
    directory,
    async [Symbol.asyncDispose]() {
      await removeTemporary(link);
      await rm(directory, { recursive: true, force: true });
      // A comparison of a lab that is not up leaves no directory for it.
      await removeIfEmpty(state.directory);
      await removeIfEmpty(dirname(state.directory));
    },
  };
}

async function removeTemporary(link: string): Promise<void> {
  try {
    await rm(await readlink(link), { recursive: true, force: true });
    await rm(link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
