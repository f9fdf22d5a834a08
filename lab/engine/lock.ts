import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";

/** A name held by this process until it is disposed of, or the process is gone however it ends. */
export type Lock = AsyncDisposable;

/** Who holds the name. */
export interface Holder {
  pid: number;
  /** What it does, in its own words. */
  purpose: string;
}

/**
 * Acquires a lock on this machine, free of races and of stale locks: the name is an abstract Unix
 * socket (unix(7)), which the kernel gives to one process and takes back when that process dies.
 * The holder answers whoever asks who it is. Processes in other network namespaces are not seen.
 */
export async function acquireLock(
  name: string,
  purpose: string,
): Promise<{ lock: Lock } | { holder: Holder }> {
  const path = `\0tailnet-lab/${name}`;
  for (;;) {
    const lock = await listen(path, { pid: process.pid, purpose });
    if (lock !== undefined) return { lock };
    const holder = await ask(path);
    if (holder !== undefined) return { holder };
    // It let go between the two questions: the name is free.
  }
}

/** @returns undefined where another has the name. */
async function listen(path: string, self: Holder): Promise<Lock | undefined> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(JSON.stringify(self));
  });
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path }, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  return {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** @returns undefined where nobody answers any more. */
async function ask(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await text(connect({ path }))) as Holder;
  } catch {
    return undefined;
  }
}
