import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LabError } from "../../lab/errors.ts";
import { nearName } from "../../lab/near-name.ts";
import type { Case } from "./case.ts";
import { cases } from "./index.ts";

/** A case by its name, or the default export of a file. Throws UsageInvalid, with the names that are near. */
export async function findCase(text: string): Promise<Case> {
  const found = cases.find(({ name }) => name === text);
  if (found !== undefined) return found;
  const file = resolve(text);
  if (/\.[cm]?[jt]s$/.test(text) && (await isFile(file))) return loadCase(file);
  const near = nearName(
    text,
    cases.map(({ name }) => name),
  );
  throw new LabError("UsageInvalid", `there is no case ${text}`, {
    where: text,
    remedy: `${near === undefined ? "" : `did you mean ${near}? `}\`tailnet-lab case list\` has them all`,
  });
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}

/** Loading a case's file runs it, as that of a topology does. */
async function loadCase(file: string): Promise<Case> {
  const { default: theCase } = (await import(pathToFileURL(file).href)) as { default?: Case };
  const missing = ["name", "topology", "symptoms", "finding", "remedy"].filter(
    (key) => theCase?.[key as keyof Case] === undefined,
  );
  if (theCase !== undefined && missing.length === 0) return theCase;
  const what =
    theCase === undefined ? "it has no default export" : `it lacks ${missing.join(", ")}`;
  throw new LabError("UsageInvalid", `this is no case: ${what}`, {
    where: file,
    remedy: "`tailnet-lab case new NAME` writes one to start from",
  });
}
