import { readdir, readFile, readlink } from "node:fs/promises";

export interface SocketHolder {
  pid: number;
  commandLine: string;
}

/**
 * The process that listens on an abstract Unix socket, by Linux's own tables: no answer of the process
 * is needed. Undefined where there is none, it is another user's (proc(5)), or this is no Linux.
 * @param path with its leading zero byte.
 */
export async function socketHolder(path: string): Promise<SocketHolder | undefined> {
  const inode = await listeningInode(path);
  if (inode === undefined) return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (await hasOpen(pid, `socket:[${inode}]`)) {
      return { pid: Number(pid), commandLine: await commandLineOf(pid) };
    }
  }
  return undefined;
}

/** `Num RefCount Protocol Flags Type St Inode Path`; the kernel writes the zero byte as @. */
async function listeningInode(path: string): Promise<string | undefined> {
  const table = await readFile("/proc/net/unix", "utf8").catch(() => "");
  const listens = "00010000";
  for (const line of table.split("\n")) {
    const [, , , flags, , , inode, name] = line.trim().split(/\s+/);
    if (flags === listens && name === path.replace("\0", "@")) return inode;
  }
  return undefined;
}

async function hasOpen(pid: string, target: string): Promise<boolean> {
  const directory = `/proc/${pid}/fd`;
  // A process may end, or be another user's.
  const descriptors = await readdir(directory).catch(() => []);
  for (const descriptor of descriptors) {
    if ((await readlink(`${directory}/${descriptor}`).catch(() => "")) === target) return true;
  }
  return false;
}

async function commandLineOf(pid: string): Promise<string> {
  const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return words
    .split(/[\0\s]+/)
    .join(" ")
    .trim()
    .slice(0, 120);
}
