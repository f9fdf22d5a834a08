import type { Readable, Writable } from "node:stream";

/**
 * The engine sends a process's two outputs in one stream of frames: one byte for which (2 is standard
 * error), three of padding, four for the length (big-endian), then the bytes.
 */
const headerSize = 8;

/** Whole frames at the beginning of `bytes`, and what is left of a frame that is not whole yet. */
export function readFrames(bytes: Buffer): {
  frames: { isError: boolean; data: Buffer }[];
  rest: Buffer;
} {
  const frames: { isError: boolean; data: Buffer }[] = [];
  let at = 0;
  while (at + headerSize <= bytes.length) {
    const end = at + headerSize + bytes.readUInt32BE(at + 4);
    if (end > bytes.length) break;
    frames.push({ isError: bytes[at] === 2, data: bytes.subarray(at + headerSize, end) });
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

/** On the standard output the engine says that it could not start a program. */
const engineMessage = "OCI runtime exec failed: ";

/** Writes a framed stream's outputs apart, with the engine's own message among the errors, and ends both when it closes. */
export function unframe(source: Readable, stdout: Writable, stderr: Writable): void {
  let pending: Buffer = Buffer.alloc(0);
  source.on("data", (chunk: Buffer) => {
    const { frames, rest } = readFrames(
      pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk,
    );
    for (const { isError, data } of frames) {
      const isMessage = data.subarray(0, engineMessage.length).toString() === engineMessage;
      (isError || isMessage ? stderr : stdout).write(data);
    }
    pending = rest;
  });
  source.once("close", () => {
    stdout.end();
    stderr.end();
  });
}
