import { PassThrough, type Readable } from "node:stream";
import type { Container } from "dockerode";
import { engineCall, engineLost } from "./engine.ts";
import { readFrames, unframe } from "./frames.ts";
import { linesOf } from "./lines.ts";

export interface LogOptions {
  /** Only the last lines. */
  tail?: number;
  /** Only what came after this moment, as the engine writes it: 2026-01-02T03:04:05.678901234Z. */
  since?: string;
}

/** A container's output so far, standard output and error as they came. */
export async function readLog(container: Container, options: LogOptions = {}): Promise<string> {
  const framed = await engineCall(container.logs({ ...query(options), follow: false }));
  return Buffer.concat(readFrames(framed).frames.map((frame) => frame.data)).toString("utf8");
}

/**
 * A container's output by lines, as they come; ends when the container does or `signal` aborts.
 * @throws LabError `EngineLost` where the connection is cut.
 */
export async function* followLog(
  container: Container,
  options: LogOptions & { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<string> {
  const { signal } = options;
  const framed = (await engineCall(
    container.logs({ ...query(options), follow: true }),
  )) as Readable;
  const lines = new PassThrough();
  unframe(framed, lines, lines);
  let isStopped = false;
  // Lines that came before the cut are given before the error.
  let cut: unknown;
  framed.on("error", (error) => {
    cut = error;
  });
  const stop = () => {
    isStopped = true;
    framed.destroy();
  };
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    yield* linesOf(lines);
    if (cut !== undefined && !isStopped) throw engineLost(cut);
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

function query(options: LogOptions) {
  return {
    stdout: true,
    stderr: true,
    ...(options.tail === undefined ? {} : { tail: options.tail }),
    ...(options.since === undefined ? {} : { since: unixTime(options.since) }),
  };
}

/** Seconds with nine decimals: the engine compares nanoseconds, a Date has only milliseconds. */
export function unixTime(moment: string): string {
  const fraction = /\.(\d+)Z$/.exec(moment)?.[1] ?? "0";
  return `${Math.floor(Date.parse(moment) / 1000)}.${fraction.padEnd(9, "0")}`;
}
