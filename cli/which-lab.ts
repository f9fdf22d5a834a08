import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab/errors.ts";
import { listLabs, RunningLab } from "../lab/running/running-lab.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { Context } from "./command.ts";

/** The topology of the lab to start from; JavaScript once the package is built. */
export const defaultTopology = fileURLToPath(
  new URL(`../topologies/homelab${extname(import.meta.url)}`, import.meta.url),
);

/** The lab that a command means: the one named, else the only one that runs, else the default. */
export async function whichLab(named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const labs = (await listLabs()).filter((lab) => lab.run === "stack").map((lab) => lab.name);
  const [only] = labs;
  if (labs.length === 1 && only !== undefined) return only;
  const { default: defaultLab } = await import("../topologies/homelab.ts");
  if (labs.length === 0 || labs.includes(defaultLab.name)) return defaultLab.name;
  throw new LabError("UsageInvalid", `several labs run: ${labs.join(", ")}`, {
    where: "--lab",
    remedy: "name one of them: --lab NAME",
  });
}

export async function findLab({ lab }: Pick<Context, "lab">): Promise<RunningLab> {
  return RunningLab.find(await whichLab(lab));
}

/** Throws NodeNotFound; UsageInvalid for a node without Tailscale. */
export function tailscaleNode(lab: RunningLab, name: string): RunningNode {
  const node = lab.node(name);
  if (node.spec.kind === "tailscale") return node;
  const names = lab.ofKind("tailscale").map((other) => other.name);
  throw new LabError("UsageInvalid", `${name} runs no Tailscale`, {
    where: name,
    remedy: `these do: ${names.join(", ")}`,
  });
}
