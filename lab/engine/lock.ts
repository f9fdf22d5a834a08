import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { socketHolder } from "./socket-holder.ts";

/** A name held by this process until it is disposed of, or the process is gone however it ends. */
export type Lock = AsyncDisposable;

/** Who holds the name. */
export interface Holder {
  /** Undefined where neither the holder nor the kernel tells. */
  pid: number | undefined;
  /** What it does, in its own words; its command line where it does not answer. */
  purpose: string;
  /** It has the name and does not answer: it is stopped, or another user's. */
  isSilent: boolean;
}

/** How long a holder gets to answer, in ms. One that runs answers at once, also on a busy machine. */
const answerMs = 2000;
/** How long a name may be neither free nor held by anybody that can be found, in ms. */
const limitMs = 5000;

/**
 * Acquires a lock on this machine, free of races and of stale locks: the name is an abstract Unix
 * socket (unix(7)), which the kernel gives to one process and takes back when that process dies.
 * The holder answers whoever asks who it is; of one that does not, the kernel is asked. It takes
 * seconds at most. Processes in other network namespaces are not seen.
 */
export async function acquireLock(
  name: string,
  purpose: string,
): Promise<{ lock: Lock } | { holder: Holder }> {
  const path = `\0tailnet-lab/${name}`;
  const limit = performance.now() + limitMs;
  for (;;) {
    const lock = await listen(path, { pid: process.pid, purpose });
    if (lock !== undefined) return { lock };
    const holder = await ask(path);
    if (holder !== undefined) return { holder };
    // It let go between the two questions, or takes no more callers.
    if (performance.now() > limit) return { holder: await silentHolder(path) };
    await pause(10);
  }
}

/** @returns undefined where another has the name. */
async function listen(
  path: string,
  self: { pid: number; purpose: string },
): Promise<Lock | undefined> {
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

/** @returns undefined where nobody has the name any more. */
async function ask(path: string): Promise<Holder | undefined> {
  const socket = connect({ path });
  const timeout = AbortSignal.timeout(answerMs);
  const stop = () => socket.destroy();
  timeout.addEventListener("abort", stop);
  try {
    const { pid, purpose } = JSON.parse(await text(socket)) as { pid: number; purpose: string };
    return { pid, purpose, isSilent: false };
  } catch {
    return timeout.aborted ? await silentHolder(path) : undefined;
  } finally {
    timeout.removeEventListener("abort", stop);
  }
}

async function silentHolder(path: string): Promise<Holder> {
  const found = await socketHolder(path);
  return {
    pid: found?.pid,
    purpose: found?.commandLine ?? "of another user, or in another container",
    isSilent: true,
  };
}
