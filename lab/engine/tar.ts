import { Readable } from "node:stream";
import { pack } from "tar-stream";
import type { PlannedFile } from "../plan/plan.ts";

/**
 * A tar archive of regular files owned by root, to be unpacked at the file system's root. The time is the
 * epoch, so that equal files make equal archives; the mode is the registry's provider's, 0644.
 */
export function packFiles(files: readonly PlannedFile[]): Readable {
  const archive = pack();
  for (const { path, content } of files) {
    archive.entry({ name: path.replace(/^\/+/, ""), mode: 0o644, mtime: new Date(0) }, content);
  }
  archive.finalize();
  return Readable.from(archive, { objectMode: false });
}
