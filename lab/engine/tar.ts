import type { PlannedFile } from "../plan/plan.ts";

const blockSize = 512;
/** The longest path that fits into a header without an extension. */
const longestName = 100;

/**
 * A tar archive (POSIX ustar) of regular files owned by root, to be unpacked at the file system's root.
 * The time is the epoch and the mode the registry provider's, 0644.
 */
export function packFiles(files: readonly PlannedFile[]): Buffer {
  const parts = files.flatMap((file) => {
    const content = Buffer.from(file.content);
    const padding = Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize);
    return [header(file, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockSize)]);
}

function header(file: PlannedFile, size: number): Buffer {
  const name = file.path.replace(/^\/+/, "");
  if (Buffer.byteLength(name) > longestName) throw new Error(`The path ${file.path} is too long.`);
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, offset: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset);
  block.write(name, 0);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write("0", 156);
  block.write("ustar\x0000", 257, "latin1");
  // The checksum is taken with its own field full of spaces.
  block.fill(" ", 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}
