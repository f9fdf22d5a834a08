import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";

/** The directory of the running test: made before each test, removed after it. */
export let directory: string;

/** To be called once in a file. */
export function directoryForEachTest(): void {
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "topology-"));
  });
  afterEach(() => rm(directory, { recursive: true }));
}

/** Writes a file into the test's directory and returns its path. */
export async function write(name: string, content: string): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, content);
  return file;
}
