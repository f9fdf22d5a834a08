import path from "node:path";

const moduleEndings = [".ts", ".mts", ".js", ".mjs"];
const dataEndings = [".json", ".yaml", ".yml"];

/** What the name of a topology's file may end in. */
export const topologyEndings: readonly string[] = [...moduleEndings, ...dataEndings];

/** Whether a word of the command line means a topology's file, not a lab: labs' names have no dots. */
export function isTopologyFile(text: string): boolean {
  return topologyEndings.includes(path.extname(text));
}

/** Whether a topology's file is code, which loading it runs. */
export function isModule(file: string): boolean {
  return moduleEndings.includes(path.extname(file));
}
