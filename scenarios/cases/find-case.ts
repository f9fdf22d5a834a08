import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { LabError } from "../../lab/errors.ts";
import { nearName } from "../../lab/near-name.ts";
import { loadModule } from "../../lab/topology/load-module.ts";
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
  const theCase = (await loadModule(file, "case")) as Case;
  const missing = ["name", "topology", "symptoms", "finding", "remedy"].filter(
    (key) => theCase?.[key as keyof Case] === undefined,
  );
  if (missing.length > 0) {
    throw new LabError("UsageInvalid", `this is no case: it lacks ${missing.join(", ")}`, {
      where: file,
      remedy: "`tailnet-lab case new NAME` writes one to start from",
    });
  }
  const [{ caseIssues }, { loadedOf }] = await Promise.all([
    import("./case-issues.ts"),
    import("./case-lab.ts"),
  ]);
  const issues = caseIssues(theCase, await loadedOf(theCase));
  if (issues.length === 0) return theCase;
  throw new LabError("UsageInvalid", `case ${theCase.name} can't be used`, { where: file, issues });
}
