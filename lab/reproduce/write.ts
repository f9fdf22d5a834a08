import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors.ts";
import type { Reproduction } from "./reproduce.ts";
import { type Origin, topologyYaml } from "./yaml.ts";

/**
 * Writes a topology, and its policy beside it.
 * @throws LabError OutputTaken where one of the files is there already
 */
export async function writeReproduction(
  made: Reproduction,
  file: string,
  origin: Origin,
): Promise<{ files: string[] }> {
  if (!/\.ya?ml$/.test(file)) {
    throw new LabError("UsageInvalid", `${file} is no name for YAML`, {
      where: "--output",
      remedy: "name a file that ends in .yaml",
    });
  }
  const texts = new Map([[file, topologyYaml(made, origin)]]);
  if (made.policyText !== undefined) {
    texts.set(path.join(path.dirname(file), policyFileFor(file)), made.policyText);
  }
  const written: string[] = [];
  for (const [name, text] of texts) {
    try {
      await writeFile(name, text, { flag: "wx" });
      written.push(name);
    } catch (error) {
      // No half of the two is left.
      await Promise.all(written.map((each) => rm(each)));
      const cause = error as NodeJS.ErrnoException;
      const [what, remedy] =
        cause.code === "EEXIST"
          ? ["there is such a file already", "name another file with -o, or move this one away"]
          : [`it can't be written: ${cause.message}`, "name a file with -o where you may write"];
      throw new LabError("OutputTaken", what, { where: name, remedy, cause });
    }
  }
  return { files: written };
}

/** The policy's file beside a topology's. */
export function policyFileFor(file: string): string {
  return `${path.parse(file).name}.policy.hujson`;
}
