import { readdir } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors.ts";
import { type EvidenceKey, evidenceCommands } from "./commands.ts";
import {
  type Evidence,
  type EvidenceSource,
  isMissing,
  type Machine,
  type Missing,
} from "./evidence.ts";
import { type FolderMachine, machinesByFiles } from "./folder-machines.ts";
import { outputIn } from "./likeness.ts";
import { linesOf, manifestFile, readManifest } from "./manifest.ts";
import { readTextFile } from "./text-file.ts";

export interface FolderSource extends EvidenceSource {
  /** What of the folder could not be used, in words. */
  readonly problems: readonly string[];
}

const keys = Object.keys(evidenceCommands) as EvidenceKey[];

/**
 * Evidence from a folder: what `tailnet-lab capture` wrote, or any part of it that was put together by hand. Without
 * a manifest, each folder in it is a machine, or the folder itself is one.
 * @throws LabError EvidenceUnreadable where there is nothing in it that could be read
 */
export async function folderSource(directory: string): Promise<FolderSource> {
  const problems: string[] = [];
  const machines = (await machinesOf(directory, problems)).filter(({ name }, index, all) => {
    const isFirst = all.findIndex((other) => other.name === name) === index;
    if (!isFirst) problems.push(`${manifestFile}: ${name} is in it twice`);
    return isFirst;
  });
  if (machines.length === 0) {
    throw new LabError("EvidenceUnreadable", "there is no evidence in the folder", {
      where: directory,
      remedy:
        "name a folder that `tailnet-lab capture` wrote, or one with files as `tailnet-lab doctor --how` names them",
    });
  }
  return {
    machines: machines.map(
      ({ name, role, addresses }): Machine => ({
        name,
        role,
        ...(addresses === undefined ? {} : { addresses }),
      }),
    ),
    isLive: false,
    problems,
    run: (node, argv) => readOutput(machines, node, argv),
  };
}

async function machinesOf(directory: string, problems: string[]): Promise<FolderMachine[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause) => {
    throw new LabError("EvidenceUnreadable", "it can't be read as a folder", {
      where: directory,
      remedy: "name the folder that the captured files are in",
      cause,
    });
  });
  const file = await readTextFile(path.join(directory, manifestFile));
  if (file !== undefined && "text" in file) {
    const manifest = readManifest(file.text);
    if (!("problem" in manifest)) {
      return manifest.machines.map((machine) => ({
        name: machine.name,
        role: machine.role,
        ...(machine.addresses === undefined ? {} : { addresses: machine.addresses }),
        folder: path.join(directory, machine.folder),
        captured: machine,
      }));
    }
    problems.push(`${manifestFile} is left aside: ${manifest.problem}`);
  } else if (file !== undefined) {
    problems.push(`${manifestFile} is left aside: ${file.problem}`);
  }
  return machinesByFiles(directory, entries);
}

async function readOutput(
  machines: readonly FolderMachine[],
  node: string,
  argv: readonly string[],
): Promise<Evidence | Missing> {
  const missing = (why: string): Missing => ({ node, argv, why });
  const machine = machines.find(({ name }) => name === node);
  if (machine === undefined) return missing("the folder has no such machine");
  const key = keys.find((one) => isSame(evidenceCommands[one].argv, argv));
  if (key === undefined) return missing("a folder has nothing but what was captured");
  const name = evidenceCommands[key].file;
  const absent = machine.captured?.missing[name];
  if (absent !== undefined) {
    return { ...missing(absent.why), ...(absent.isDown === true ? { isDown: true } : {}) };
  }
  const names = machine.files?.get(key) ?? [name];
  const outputs = await Promise.all(names.map((each) => readOneFile(machine, key, each)));
  const printed = outputs.flatMap((each) => (isMissing(each) ? [] : [each]));
  const [first] = printed;
  const broken = outputs.find(isMissing);
  if (first === undefined || broken !== undefined) return broken ?? missing(`${name} is not kept`);
  return { ...first, stdout: printed.map(({ stdout }) => stdout).join("\n") };
}

async function readOneFile(
  { name: node, captured, folder }: FolderMachine,
  key: EvidenceKey,
  fileName: string,
): Promise<Evidence | Missing> {
  const { argv, file: name } = evidenceCommands[key];
  const missing = (why: string): Missing => ({ node, argv, why });
  const file = await readTextFile(path.join(folder, fileName));
  if (file === undefined) return missing(`${name} is not in the folder`);
  const unread = (problem: string): Missing => ({
    ...missing(`${fileName}: ${problem}`),
    isUnread: true,
  });
  if ("problem" in file) return unread(file.problem);
  const { text, bytes } = file;
  const output = captured?.outputs[name];
  const { exitCode, stderr = "" } = output ?? { exitCode: 0 };
  if (output !== undefined && bytes < output.bytes) {
    const [lines, all] = [linesOf(text), output.lines ?? 0];
    if (lines < all) return unread(`it is cut off: ${lines} of ${all} lines are left`);
    if (!text.endsWith("\n")) {
      return unread(`it is cut off: ${bytes} of ${output.bytes} bytes are left`);
    }
  }
  // What a program printed that failed, or that had nothing to say, is its own.
  const isJudged = exitCode === 0 && output?.bytes !== 0;
  const found = isJudged
    ? outputIn(key, text, { isWhole: output !== undefined })
    : { output: text };
  if ("problem" in found) return unread(found.problem);
  // A file's own time may be that of its copy.
  const evidence = { node, argv, at: output?.at ?? "" };
  // By hand both streams may be in one file, and no exit code is kept.
  if ("failure" in found) return { ...evidence, exitCode: 1, stdout: "", stderr: found.failure };
  return { ...evidence, exitCode, stdout: found.output, stderr };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}
