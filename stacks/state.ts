import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { acquireLock, type Lock } from "../lab/engine/lock.ts";
import { LabError } from "../lab/errors.ts";

const numbers = z.record(z.string(), z.int());
const recordSchema = z.object({
  schema: z.literal(2),
  /** The topology's file, absolute. */
  topology: z.string(),
  /** Who has which number, so that a changed topology is a small change. */
  allocation: z.object({
    subnets: numbers,
    dockerHosts: z.record(z.string(), numbers),
    addresses: z.record(z.string(), numbers),
    regions: numbers,
  }),
  /** The nodes' tokens are made from it. */
  secret: z.string(),
});

/** What a lab that was brought up leaves in its directory. */
export type LabRecord = z.output<typeof recordSchema>;

/** `.tailnet-lab/<lab>/` in the directory from which labs are brought up. */
export interface LabState {
  lab: string;
  /** Absolute; also the lab's origin, by which it is known on the engine. */
  directory: string;
}

export function labState(base: string, lab: string): LabState {
  return { lab, directory: resolve(base, ".tailnet-lab", lab) };
}

/** Where cdktf puts a stack's JSON. */
export function stackDirectory(outdir: string, lab: string): string {
  return join(outdir, "stacks", lab);
}

/** Where Terraform runs and keeps its state. */
export function terraformDirectory({ directory, lab }: LabState): string {
  return stackDirectory(directory, lab);
}

/**
 * Lets one process at a time change a lab, from whichever directory.
 * @throws LabError `LabLocked` with the other's process id.
 */
export async function lockLab(lab: string, purpose: string): Promise<Lock> {
  const answer = await acquireLock(`lab/${lab}`, purpose);
  if ("lock" in answer) return answer.lock;
  const { pid, purpose: theirs } = answer.holder;
  throw new LabError("LabLocked", `process ${pid} is at work on lab ${lab} (${theirs})`, {
    where: lab,
    remedy: `wait until it has ended, or end it: kill ${pid}`,
  });
}

/** @returns undefined where the lab was not brought up from here, or its record can't be read. */
export async function readRecord(state: LabState): Promise<LabRecord | undefined> {
  const text = await readIfThere(join(state.directory, "lab.json"));
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function writeRecord(state: LabState, record: LabRecord): Promise<void> {
  await mkdir(state.directory, { recursive: true });
  // State is nobody's source.
  await writeFile(join(state.directory, ".gitignore"), "*\n");
  const path = join(state.directory, "lab.json");
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function forgetLab(state: LabState): Promise<void> {
  await rm(state.directory, { recursive: true, force: true });
  await removeIfEmpty(dirname(state.directory));
}

export async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "ENOENT") throw error;
  }
}

/** The parts of Terraform's state file that tell what it knows of. */
const terraformStateSchema = z.object({
  resources: z.array(
    z.object({
      instances: z.array(z.object({ attributes: z.object({ id: z.string().nullish() }) })),
    }),
  ),
});

/**
 * The engine's ids of everything that Terraform's state holds. Terraform overwrites its state file
 * in place: one that a killed process left unreadable is put aside, and the state is empty.
 */
export async function idsInState(state: LabState): Promise<Set<string>> {
  const path = join(terraformDirectory(state), "terraform.tfstate");
  const text = await readIfThere(path);
  if (text === undefined) return new Set();
  try {
    const { resources } = terraformStateSchema.parse(JSON.parse(text));
    const instances = resources.flatMap((resource) => resource.instances);
    return new Set(instances.flatMap(({ attributes }) => attributes.id ?? []));
  } catch {
    await rename(path, `${path}.unreadable`);
    return new Set();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
