import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { extract } from "tar-stream";
import { engineCall, engineStatus } from "../engine/engine.ts";
import { packFiles } from "../engine/tar.ts";
import type { RunningNode } from "../running/running-node.ts";
import type { Fault } from "../topology/faults.ts";
import type { FaultStep } from "./step.ts";

/**
 * What a machine keeps of each step that was injected into it: a directory, in the order of injection. Its boot script
 * (lab/programs/boot-end.sh) reads them. They are read and written by the engine, so also where the machine stands still.
 */
const directory = "/var/lib/tailnet-lab";
export const stepsDirectory = `${directory}/faults`;

/** Files of a step's directory. */
export const stepFile = {
  record: "record.json",
  /** Shell that injects it. */
  inject: "inject",
  /** Of a setting: shell that makes its value of the one before, and the path of the value of before the first fault. */
  value: "value",
  base: "base",
  /** There: a restarted machine injects it again. */
  again: "again",
  /** There: it was injected while the machine stood still, and is done as soon as it goes on. */
  pending: "pending",
  /** There: it was cleared while the machine stood still; shell that undoes it as soon as it goes on. */
  undo: "undo",
} as const;

/** One step on its machine, with the fault that it belongs to. */
export interface StoredStep {
  fault: Fault;
  /** Of the fault: of letters and digits, sortable by time. */
  id: string;
  /** RFC 3339. */
  at: string;
  /** Whether a topology declares it. */
  origin: Origin;
  /** Its place among the fault's steps, and how many there are. */
  index: number;
  count: number;
  step: FaultStep;
}
export type Origin = "command" | "topology";

/** As it was read from its machine. */
export interface FoundStep extends StoredStep {
  isPending: boolean;
  isCleared: boolean;
}

export function stepDirectory({ id, index }: StoredStep): string {
  return `${stepsDirectory}/${id}.${String(index).padStart(3, "0")}`;
}

/** Where a machine keeps the value that a setting had before the first fault. */
export function baseFile(setting: string): string {
  const digest = createHash("sha256").update(setting).digest("hex").slice(0, 16);
  return `${directory}/settings/${digest}`;
}

/** All steps on one machine, in the order of injection. Empty where there are none, or the machine is gone. */
export async function readSteps(node: RunningNode): Promise<FoundStep[]> {
  const files = await readFiles(node);
  return [...files]
    .filter(([path]) => path.endsWith(`/${stepFile.record}`))
    .map(([path, content]): FoundStep => {
      const at = path.slice(0, -stepFile.record.length);
      return {
        ...(JSON.parse(content) as StoredStep),
        isPending: files.has(`${at}${stepFile.pending}`),
        isCleared: files.has(`${at}${stepFile.undo}`),
      };
    })
    .sort(byOrder);
}

export function byOrder(a: StoredStep, b: StoredStep): number {
  return a.id === b.id ? a.index - b.index : a.id < b.id ? -1 : 1;
}

/** Puts files into a step's directory, made where it is not there. */
export async function putStep(
  node: RunningNode,
  step: StoredStep,
  files: Partial<Record<keyof typeof stepFile, string>>,
): Promise<void> {
  const planned = Object.entries(files).map(([name, content]) => ({
    path: `${stepDirectory(step)}/${stepFile[name as keyof typeof stepFile]}`,
    content,
  }));
  await engineCall(node.container.putArchive(packFiles(planned), { path: "/" }));
}

/** As it is kept: nothing but the record. */
export function recordText({ fault, id, at, origin, index, count, step }: StoredStep): string {
  return JSON.stringify({ fault, id, at, origin, index, count, step } satisfies StoredStep);
}

/** By path. */
async function readFiles(node: RunningNode): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  let archive: NodeJS.ReadableStream;
  try {
    archive = await engineCall(node.container.getArchive({ path: stepsDirectory }));
  } catch (error) {
    if (engineStatus(error) === 404) return files;
    throw error;
  }
  for await (const entry of archive.pipe(extract()))
    files.set(entry.header.name, await text(entry));
  return files;
}
