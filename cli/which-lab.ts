import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab/errors.ts";
import { listLabs, RunningLab } from "../lab/running/running-lab.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import { labelRule, labNamePattern } from "../lab/topology/label.ts";
import type { Context } from "./command.ts";

/** The topology of the lab to start from; JavaScript once the package is built. */
export const defaultTopology = fileURLToPath(
  new URL(`../topologies/homelab${extname(import.meta.url)}`, import.meta.url),
);

/** What a user may write for a lab: its name, or the file of the topology that declares it. */
export interface LabChoice {
  /** The command's argument. */
  argument?: string | undefined;
  /** `--lab`. */
  option?: string | undefined;
}

/**
 * The lab that a command means: the one that is written, else the only one that runs, of several the only one that was
 * brought up from this directory, else the default.
 * @throws LabError `UsageInvalid`; as `loadTopology` for a file.
 */
export async function whichLab({ argument, option }: LabChoice): Promise<string> {
  const [one, other] = await Promise.all([
    argument === undefined ? undefined : readLab(argument, "[lab]"),
    option === undefined ? undefined : readLab(option, "--lab"),
  ]);
  if (one !== undefined && other !== undefined && one !== other) {
    throw new LabError("UsageInvalid", `two labs are named: ${one} and ${other}`, {
      where: "--lab",
      remedy: "name one of them",
    });
  }
  return one ?? other ?? (await onlyLab());
}

/** @returns undefined where no lab is written; unlike `whichLab` it asks no engine. */
export async function writtenLab(option: string | undefined): Promise<string | undefined> {
  return option === undefined ? undefined : readLab(option, "--lab");
}

async function readLab(text: string, place: string): Promise<string> {
  if (labNamePattern.test(text)) return text;
  const file = resolve(text);
  const isFile = text !== "" && (await stat(file).catch(() => undefined))?.isFile() === true;
  if (!isFile) {
    throw new LabError("UsageInvalid", `${JSON.stringify(text)} is no lab's name, and no file`, {
      where: place,
      remedy: `name a lab (${labelRule}), or the file of its topology`,
    });
  }
  const { loadTopology } = await import("../lab/topology/load.ts");
  return (await loadTopology(file)).topology.name;
}

async function onlyLab(): Promise<string> {
  const labs = (await listLabs()).filter((lab) => lab.run === "stack").map((lab) => lab.name);
  const [only] = labs;
  if (labs.length === 1 && only !== undefined) return only;
  const { hasState, labState } = await import("../stacks/state.ts");
  const isOfHere = await Promise.all(labs.map((lab) => hasState(labState(process.cwd(), lab))));
  const [own, ...others] = labs.filter((_, index) => isOfHere[index]);
  if (own !== undefined && others.length === 0) return own;
  const { default: defaultLab } = await import("../topologies/homelab.ts");
  if (labs.length === 0 || labs.includes(defaultLab.name)) return defaultLab.name;
  throw new LabError("UsageInvalid", `several labs run: ${labs.join(", ")}`, {
    where: "--lab",
    remedy: "name one of them: --lab NAME",
  });
}

/**
 * The lab of a command whose only way to name it is `--lab`.
 * @param about the nodes that the command is about; all where absent
 */
export async function findLab(
  { lab: option }: Pick<Context, "lab">,
  about?: readonly string[],
): Promise<RunningLab> {
  const lab = await RunningLab.find(await whichLab({ option }));
  if (about?.every((name) => lab.nodes.some((node) => node.name === name))) return lab;
  const { declaredNodes } = await import("./declared-nodes.ts");
  return lab.withDeclared(await declaredNodes(lab));
}

/** Throws NodeNotFound; NodeFailed where its container is gone; UsageInvalid for a node without Tailscale. */
export function tailscaleNode(lab: RunningLab, name: string): RunningNode {
  const node = lab.node(name);
  if (node.spec.kind === "tailscale") return node;
  const names = lab.ofKind("tailscale").map((other) => other.name);
  throw new LabError("UsageInvalid", `${name} runs no Tailscale`, {
    where: name,
    remedy: `these do: ${names.join(", ")}`,
  });
}
