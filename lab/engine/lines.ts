import type { Readable } from "node:stream";

/**
 * The whole lines of a stream, without their ends. Unlike Node's readline it throws where the stream
 * breaks, and gives no line that was cut off by that; a last line without an end is given.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  if (rest !== "") yield rest;
}
