import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type EvidenceKey, evidenceCommands } from "./commands.ts";
import type { Machine, MachineRole } from "./evidence.ts";
import type { CapturedMachine } from "./manifest.ts";

/** A machine whose outputs are in a folder. */
export interface FolderMachine extends Machine {
  folder: string;
  /** What the files are called, where not as the commands say. */
  files?: ReadonlyMap<EvidenceKey, string>;
  /** As the manifest has it, where there is one. */
  captured?: CapturedMachine;
}

/** Machines by the names of folders; a folder that has outputs itself is one machine, of the folder's name. */
export async function machinesByFiles(
  directory: string,
  entries: readonly Dirent[],
): Promise<FolderMachine[]> {
  const own = machinesIn(directory, path.basename(path.resolve(directory)), fileNames(entries));
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const inner = await Promise.all(
    folders.sort().map(async (name) => {
      const folder = path.join(directory, name);
      const inside = await readdir(folder, { withFileTypes: true }).catch(() => []);
      return machinesIn(folder, name, fileNames(inside));
    }),
  );
  return [...own, ...inner.flat()];
}

function fileNames(entries: readonly Dirent[]): string[] {
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** Control may run on a machine that is in the tailnet itself: that is two machines in one folder. */
function machinesIn(folder: string, name: string, names: readonly string[]): FolderMachine[] {
  const files = filesByKey(names);
  if (files.size === 0) return [];
  const has = (role: MachineRole) =>
    [...files.keys()].some((key) => {
      const roles: readonly MachineRole[] = evidenceCommands[key].roles;
      return roles.length === 1 && roles[0] === role;
    });
  if (has("tailscale") && has("control")) {
    return [
      { name, role: "tailscale", folder, files },
      { name: `${name}-headscale`, role: "control", folder, files },
    ];
  }
  const role = has("control") ? "control" : has("tailscale") ? "tailscale" : "host";
  return [{ name, role, folder, files }];
}

/** `Status.json`, `status.txt` and `status.json.txt` are status.json too; its own name comes first. */
function filesByKey(names: readonly string[]): Map<EvidenceKey, string> {
  const files = new Map<EvidenceKey, string>();
  for (const key of Object.keys(evidenceCommands) as EvidenceKey[]) {
    const { file } = evidenceCommands[key];
    const found = names.includes(file) ? file : names.find((name) => stem(name) === stem(file));
    if (found !== undefined) files.set(key, found);
  }
  return files;
}

function stem(name: string): string {
  return (name.split(".")[0] ?? name).toLowerCase();
}
