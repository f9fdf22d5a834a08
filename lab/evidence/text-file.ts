import { lstat, readFile } from "node:fs/promises";

/** Longer than what any of the commands prints. */
const mostBytes = 64 * 1024 * 1024;

export type TextFile = { text: string; bytes: number } | { problem: string };

/**
 * A file of text as whatever saved it wrote it: UTF-8, or UTF-16 as PowerShell does, with either end of line.
 * Undefined where there is none. It may come from anyone: links are not followed, pipes not read.
 */
export async function readTextFile(file: string): Promise<TextFile | undefined> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    return found.code === "ENOENT" ? undefined : { problem: found.message };
  }
  if (!found.isFile()) return { problem: "it is no regular file" };
  if (found.size > mostBytes) return { problem: `it has ${found.size} bytes, which is too much` };
  try {
    const bytes = await readFile(file);
    const text = decoded(bytes).replace(/\r\n/g, "\n");
    if (text.includes("\0")) return { problem: "it is no text" };
    return { text, bytes: bytes.length };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function decoded(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.subarray(2).toString("utf16le");
  if (first === 0xfe && second === 0xff) {
    return new TextDecoder("utf-16be").decode(bytes);
  }
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}
