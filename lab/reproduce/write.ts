import { writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors.ts";
import type { Reproduction } from "./reproduce.ts";
import { topologyYaml } from "./yaml.ts";

/**
 * Writes a topology, and its policy beside it.
 * @throws LabError OutputTaken where one of the files is there already
 */
export async function writeReproduction(
  made: Reproduction,
  file: string,
  from: string,
): Promise<{ files: string[] }> {
  if (!/\.ya?ml$/.test(file)) {
    throw new LabError("UsageInvalid", `${file} is no name for YAML`, {
      where: "--output",
      remedy: "name a file that ends in .yaml",
    });
  }
  const texts = new Map([[file, topologyYaml(made, from)]]);
  if (made.policyText !== undefined) {
    texts.set(path.join(path.dirname(file), policyFileFor(file)), made.policyText);
  }
  for (const [name, text] of texts) {
    await writeFile(name, text, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
      throw new LabError(
        "OutputTaken",
        cause.code === "EEXIST" ? "there is such a file already" : cause.message,
        { where: name, remedy: "name another file with -o, or move this one away", cause },
      );
    });
  }
  return { files: [...texts.keys()] };
}

/** The policy's file beside a topology's. */
export function policyFileFor(file: string): string {
  return `${path.parse(file).name}.policy.hujson`;
}
