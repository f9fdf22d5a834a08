import { z } from "zod";
import { labelPattern } from "../topology/label.ts";

/** The name of a capture's manifest, in its folder. */
export const manifestFile = "manifest.json";

const output = z.looseObject({
  exitCode: z.int().nullable(),
  /** ISO 8601. */
  at: z.string(),
  /** Of the file when it was written: one that is cut off later can be told. */
  bytes: z.int().min(0),
  /** Ends of lines in it, as a file that is cut off between two lines has fewer. Absent in earlier captures. */
  lines: z.int().min(0).optional(),
  /** Absent: nothing. */
  stderr: z.string().optional(),
});

const machine = z.looseObject({
  name: z.string().min(1),
  role: z.enum(["tailscale", "control", "host"]),
  /** In its LAN, where that was known. */
  addresses: z.array(z.string()).optional(),
  /** In the capture's folder. */
  folder: z.string().regex(labelPattern),
  /** By the file's name. */
  outputs: z.record(z.string(), output),
  /** Why there is no output, by what its file would be called. */
  missing: z.record(z.string(), z.looseObject({ why: z.string(), isDown: z.boolean().optional() })),
});

const manifestSchema = z.looseObject({
  schema: z.literal(1),
  program: z.literal("tailnet-lab"),
  version: z.string(),
  /** ISO 8601. */
  at: z.string(),
  anonymised: z.boolean(),
  machines: z.array(machine),
});

export function linesOf(text: string): number {
  return text.split("\n").length - 1;
}

export type Manifest = z.output<typeof manifestSchema>;
export type CapturedMachine = Manifest["machines"][number];

/** A manifest, or what is wrong with it in a few words. */
export function readManifest(text: string): Manifest | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { problem: `${issue?.path.join(".")}: ${issue?.message}` };
}
