import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
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

/** @param lab a valid name: it becomes part of a path. */
export function labState(base: string, lab: string): LabState {
  if (!/^[a-z0-9-]+$/.test(lab)) throw new Error(`not a lab's name: ${JSON.stringify(lab)}`);
  return { lab, directory: join(statesOf(base), lab) };
}

function statesOf(base: string): string {
  return resolve(base, ".tailnet-lab");
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
 * @throws LabError `LabLocked` with the other's process id and purpose, within seconds.
 */
export async function lockLab(lab: string, purpose: string): Promise<Lock> {
  const answer = await acquireLock(`lab/${lab}`, purpose);
  if ("lock" in answer) return answer.lock;
  const { pid, purpose: theirs, isSilent } = answer.holder;
  const who = pid === undefined ? "another process" : `process ${pid}`;
  if (!isSilent) {
    throw new LabError("LabLocked", `${who} is at work on lab ${lab} (${theirs})`, {
      where: lab,
      remedy: `wait until it has ended, or end it: kill ${pid}`,
    });
  }
  throw new LabError(
    "LabLocked",
    `${who} has locked lab ${lab} and does not answer (${theirs}): it may be stopped`,
    {
      where: lab,
      remedy:
        pid === undefined
          ? "find it as root: ss -xlp | grep tailnet-lab"
          : `let it go on: kill -CONT ${pid}; or end it: kill -KILL ${pid}`,
    },
  );
}

/** @returns undefined where the lab was not brought up from here, or its record can't be read. */
export async function readRecord(state: LabState): Promise<LabRecord | undefined> {
  const text = await readIfThere(recordFile(state));
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether there is a directory for the lab, whatever is in it. */
export async function hasState({ directory }: LabState): Promise<boolean> {
  return (await lstat(directory).catch(() => undefined)) !== undefined;
}

/** @throws LabError `UsageInvalid` where a link leads elsewhere, or nothing can be written. */
export async function writeRecord(state: LabState, record: LabRecord): Promise<void> {
  await refuseLinks(state);
  await makeDirectory(state);
  const path = recordFile(state);
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  // State is nobody's source.
  await writeFile(join(state.directory, ".gitignore"), "*\n");
}

/** One after the other: in /proc Node's own way of making both never ends. */
async function makeDirectory({ directory }: LabState): Promise<void> {
  for (const path of [dirname(directory), directory]) {
    await mkdir(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") return;
      throw new LabError("UsageInvalid", `the lab's state can't be kept there: ${cause.message}`, {
        where: path,
        remedy: "run the command in a directory where you may write",
        cause,
      });
    });
  }
}

/**
 * Notes that a command begins to change the lab. The note stays where the command dies: then the
 * engine may be at work for it still. The lab must have a record.
 */
export async function noteUnfinished(state: LabState): Promise<void> {
  await writeFile(unfinishedFile(state), "");
}

export async function noteFinished(state: LabState): Promise<void> {
  await rm(unfinishedFile(state), { force: true });
}

/** Whether the last command that changed the lab did not come to its end. */
export async function isUnfinished(state: LabState): Promise<boolean> {
  return (await readIfThere(unfinishedFile(state))) !== undefined;
}

/**
 * Removes the lab's directory, which must carry a record of ours, and that of all labs where it is empty.
 * The record goes last, so that an interrupted removal can be made good.
 * @throws LabError `UsageInvalid` where a link leads elsewhere, or the directory is not known as ours;
 *   then all of it stays.
 */
export async function forgetLab(state: LabState): Promise<void> {
  await refuseLinks(state);
  const { directory } = state;
  // All that a command leaves which was killed as it began.
  await rm(`${recordFile(state)}.new`, { force: true });
  if (!(await removeIfEmpty(directory))) {
    if ((await readRecord(state)) === undefined) {
      throw new LabError("UsageInvalid", "this directory has no record of a lab, and stays", {
        where: directory,
        remedy: "look at what is in it; nothing of it is needed any more",
      });
    }
    for (const entry of await readdir(directory)) {
      const path = join(directory, entry);
      if (path !== recordFile(state)) await rm(path, { recursive: true, force: true });
    }
    await rm(recordFile(state));
    await removeIfEmpty(directory);
  }
  await removeIfEmpty(dirname(directory));
}

/** @returns whether it is gone. */
async function removeIfEmpty(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY") return false;
    if (code !== "ENOENT") throw error;
  }
  return true;
}

/**
 * State is neither kept nor removed through a symbolic link: what it leads to is not known as ours.
 * @throws LabError `UsageInvalid`.
 */
export async function refuseLinks({ directory }: LabState): Promise<void> {
  for (const path of [dirname(directory), directory]) {
    const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (status === undefined || status.isDirectory()) continue;
    const what = status.isSymbolicLink() ? "this is a symbolic link" : "this is no directory";
    throw new LabError("UsageInvalid", `${what}, where the state of a lab belongs`, {
      where: path,
      remedy: "remove it, or work in another directory",
    });
  }
}

function recordFile({ directory }: LabState): string {
  return join(directory, "lab.json");
}

function unfinishedFile({ directory }: LabState): string {
  return join(directory, "unfinished");
}

/** The parts of Terraform's state file that tell what it knows of. */
const terraformStateSchema = z.object({
  resources: z.array(
    z.object({
      instances: z.array(z.object({ attributes: z.object({ id: z.string().nullish() }) })),
    }),
  ),
});

export function terraformStateFile(state: LabState): string {
  return join(terraformDirectory(state), "terraform.tfstate");
}

/** What is in Terraform's state file: the engine's ids of everything that it knows. */
export interface TerraformState {
  file: string;
  ids: Set<string>;
  /** Terraform overwrites the file in place: a killed one may have left it cut off. Then `ids` is empty. */
  isReadable: boolean;
}

export async function readTerraformState(state: LabState): Promise<TerraformState> {
  const file = terraformStateFile(state);
  const text = await readIfThere(file);
  if (text === undefined) return { file, ids: new Set(), isReadable: true };
  try {
    const { resources } = terraformStateSchema.parse(JSON.parse(text));
    const instances = resources.flatMap((resource) => resource.instances);
    const ids = new Set(instances.flatMap(({ attributes }) => attributes.id ?? []));
    return { file, ids, isReadable: true };
  } catch {
    return { file, ids: new Set(), isReadable: false };
  }
}

/** Lets Terraform begin anew where its state can't be read: all that the lab has are orphans then. */
export async function putAsideUnreadable({ file, isReadable }: TerraformState): Promise<void> {
  if (!isReadable) await rename(file, `${file}.unreadable`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
