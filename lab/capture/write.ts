import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors.ts";
import { isMissing } from "../evidence/evidence.ts";
import {
  type CapturedMachine,
  linesOf,
  type Manifest,
  manifestFile,
  readManifest,
} from "../evidence/manifest.ts";
import { readTextFile } from "../evidence/text-file.ts";
import { labelPattern } from "../topology/label.ts";
import type { Collected } from "./collect.ts";

/** What a capture says of itself. */
export type CaptureInfo = Pick<Manifest, "version" | "at" | "anonymised">;

/**
 * Writes a capture: a manifest, and a folder for each machine with a file for each command. All of it is written
 * beside and then moved, the manifest last: a folder with one is whole.
 * @throws LabError OutputTaken where there is anything in the folder but an earlier capture, or it can't be written
 */
export async function writeCapture(
  directory: string,
  collected: readonly Collected[],
  info: CaptureInfo,
): Promise<Manifest> {
  const target = path.resolve(directory);
  await assertReplaceable(target);
  const made = await folderBeside(target);
  try {
    const machines = machinesOf(collected);
    const manifest: Manifest = { schema: 1, program: "tailnet-lab", ...info, machines };
    for (const { name, folder } of machines) {
      await mkdir(path.join(made, folder));
      for (const { machine, file, evidence } of collected) {
        if (machine.name !== name || isMissing(evidence)) continue;
        await writeFile(path.join(made, folder, file), evidence.stdout);
      }
    }
    await writeFile(path.join(made, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
    await mkdir(target, { recursive: true });
    await removeCapture(target);
    const names = [...machines.map(({ folder }) => folder), manifestFile];
    for (const name of names) await rename(path.join(made, name), path.join(target, name));
    return manifest;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function folderBeside(target: string): Promise<string> {
  try {
    await mkdir(path.dirname(target), { recursive: true });
    return await mkdtemp(path.join(path.dirname(target), `.${path.basename(target)}-`));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError("OutputTaken", `nothing can be written there: ${why}`, {
      where: target,
      remedy: "name a folder with -o where you may write",
      cause,
    });
  }
}

/** Before anything is collected: a user who named the wrong folder is not to wait for it. */
export async function assertReplaceable(directory: string): Promise<void> {
  const refuse = (what: string) =>
    new LabError("OutputTaken", what, {
      where: directory,
      remedy: "name another folder with -o, or empty this one",
    });
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw refuse(error.code === "ENOTDIR" ? "it is no folder" : error.message);
  });
  if (entries.length === 0) return;
  const file = await readTextFile(path.join(directory, manifestFile));
  const manifest = file !== undefined && "text" in file ? readManifest(file.text) : undefined;
  if (manifest === undefined || "problem" in manifest) {
    throw refuse("there is something in the folder, and it is no capture");
  }
  const known = new Set([manifestFile, ...manifest.machines.map(({ folder }) => folder)]);
  const inner = await Promise.all(
    manifest.machines.map(async ({ folder, outputs }) => {
      const files = await readdir(path.join(directory, folder)).catch(() => []);
      return files.filter((name) => outputs[name] === undefined).map((name) => `${folder}/${name}`);
    }),
  );
  const [other] = [...entries.filter((entry) => !known.has(entry)), ...inner.flat()];
  if (other !== undefined) throw refuse(`${other} is in the folder beside an earlier capture`);
}

/** The manifest first: what is left of a capture without it is not taken for one. */
async function removeCapture(directory: string): Promise<void> {
  const entries = await readdir(directory);
  const ordered = entries.sort((a, b) => Number(b === manifestFile) - Number(a === manifestFile));
  for (const entry of ordered) await rm(path.join(directory, entry), { recursive: true });
}

function machinesOf(collected: readonly Collected[]): CapturedMachine[] {
  const machines = new Map<string, CapturedMachine>();
  for (const { machine, file, evidence } of collected) {
    const folder = () => freeFolder(machine.name, machines.size + 1, [...machines.values()]);
    const entry = machines.get(machine.name) ?? {
      name: machine.name,
      role: machine.role,
      ...(machine.addresses === undefined ? {} : { addresses: [...machine.addresses] }),
      folder: folder(),
      outputs: {},
      missing: {},
    };
    machines.set(machine.name, entry);
    if (isMissing(evidence)) {
      const { why, isDown } = evidence;
      entry.missing[file] = isDown === true ? { why, isDown } : { why };
      continue;
    }
    const { exitCode, at, stdout, stderr } = evidence;
    entry.outputs[file] = {
      exitCode,
      at,
      bytes: Buffer.byteLength(stdout),
      lines: linesOf(stdout),
      ...(stderr === "" ? {} : { stderr }),
    };
  }
  return [...machines.values()];
}

/** The machine's name where that may be a folder's. */
function freeFolder(name: string, number: number, others: readonly CapturedMachine[]): string {
  const isFree = labelPattern.test(name) && !others.some(({ folder }) => folder === name);
  return isFree ? name : `unnamed-${number}`;
}
