import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { z } from "zod";

const recordingSchema = z.strictObject({
  /** The doctor's first. */
  finding: z.strictObject({
    code: z.string(),
    node: z.string(),
    what: z.string(),
    why: z.string(),
    fix: z.array(z.string()),
  }),
  /** Of the case's own, in their order: what a terminal showed while the trouble was there, and afterwards. */
  looks: z.array(
    z.strictObject({ on: z.string(), run: z.string(), broken: z.string(), repaired: z.string() }),
  ),
});

/** What a run of a case has shown, for docs/troubleshooting/: `npm run docs:record` writes it. */
export type Recording = z.output<typeof recordingSchema>;

const folder = new URL("./recorded/", import.meta.url);

/** @returns undefined where a case was not recorded yet. */
export async function readRecording(name: string): Promise<Recording | undefined> {
  const text = await readFile(fileOf(name), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : recordingSchema.parse(parse(text));
}

export async function writeRecording(name: string, recording: Recording): Promise<void> {
  await writeFile(fileOf(name), stringify(recording, { lineWidth: 0 }));
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`${name}.yaml`, folder));
}
