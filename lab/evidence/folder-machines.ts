import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type EvidenceKey, evidenceCommands } from "./commands.ts";
import type { Machine, MachineRole } from "./evidence.ts";
import { iptablesFiles } from "./iptables-files.ts";
import type { CapturedMachine } from "./manifest.ts";

/** A machine whose outputs are in a folder. */
export interface FolderMachine extends Machine {
  folder: string;
  /** What the files are called, where not as the commands say. */
  files?: ReadonlyMap<EvidenceKey, readonly string[]>;
  /** As the manifest has it, where there is one. */
  captured?: CapturedMachine;
}

/** Machines by the names of folders; a folder that has outputs itself is one machine, of the folder's name. */
export async function machinesByFiles(
  directory: string,
  entries: readonly Dirent[],
): Promise<FolderMachine[]> {
  const own = await machinesIn(
    directory,
    path.basename(path.resolve(directory)),
    fileNames(entries),
  );
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
async function machinesIn(
  folder: string,
  name: string,
  names: readonly string[],
): Promise<FolderMachine[]> {
  const files = await filesByKey(folder, names);
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
async function filesByKey(
  folder: string,
  names: readonly string[],
): Promise<Map<EvidenceKey, string[]>> {
  const files = new Map<EvidenceKey, string[]>();
  const own = Object.values(evidenceCommands).map(({ file }): string => file);
  const iptables = await iptablesFiles(
    folder,
    names.filter((name) => !own.includes(name)),
  );
  const others = names.filter((name) => !iptables.includes(name));
  for (const key of Object.keys(evidenceCommands) as EvidenceKey[]) {
    const { file } = evidenceCommands[key];
    const found = others.includes(file) ? file : others.find((name) => stem(name) === stem(file));
    const all = [...(found === undefined ? [] : [found]), ...(key === "iptables" ? iptables : [])];
    if (all.length > 0) files.set(key, all);
  }
  return files;
}

function stem(name: string): string {
  return (name.split(".")[0] ?? name).toLowerCase();
}
