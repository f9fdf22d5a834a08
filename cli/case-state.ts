import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab/errors.ts";
import type { Case } from "../scenarios/cases/case.ts";
import { findCase } from "../scenarios/cases/find-case.ts";
import { labState } from "../stacks/state.ts";
import { writtenLab } from "./which-lab.ts";

/** Beside a lab's record; gone with it. */
const fileName = "case.json";
const noteSchema = z.object({ schema: z.literal(1), case: z.string() });

/** A lab that was started as a case, from this directory. */
export interface StartedCase {
  lab: string;
  theCase: Case;
}

/** @param name as the user named it: a case's name, or its file, absolute */
export async function noteCase(lab: string, name: string): Promise<void> {
  const { directory } = labState(process.cwd(), lab);
  const note: z.input<typeof noteSchema> = { schema: 1, case: name };
  await writeFile(join(directory, fileName), `${JSON.stringify(note)}\n`);
}

/** The name of a lab's case; undefined where it is none. */
async function notedCase(lab: string): Promise<string | undefined> {
  const { directory } = labState(process.cwd(), lab);
  const text = await readFile(join(directory, fileName), "utf8").catch(() => undefined);
  return text === undefined ? undefined : noteSchema.parse(JSON.parse(text)).case;
}

/** The case that a command means: of the lab that is written, else the only one. Throws UsageInvalid. */
export async function startedCase(option: string | undefined): Promise<StartedCase> {
  const written = await writtenLab(option);
  const started = await startedFrom(written === undefined ? await labsHere() : [written]);
  const [only] = started;
  if (only === undefined) {
    const where = written === undefined ? "from this directory" : `as lab ${written}`;
    throw new LabError("UsageInvalid", `no case was started ${where}`, {
      where: written ?? process.cwd(),
      remedy: "start one: `tailnet-lab case start`, or go to the directory of its start",
    });
  }
  if (started.length > 1) {
    const names = started.map(({ lab }) => lab).join(", ");
    throw new LabError("UsageInvalid", `several cases were started from here: ${names}`, {
      where: "--lab",
      remedy: "name the lab of one of them: --lab NAME",
    });
  }
  return { lab: only.lab, theCase: await findCase(only.name) };
}

/** Whether commands about the started case have to name its lab. */
export async function isOneOfSeveral(): Promise<boolean> {
  return (await startedFrom(await labsHere())).length > 1;
}

async function startedFrom(labs: readonly string[]): Promise<{ lab: string; name: string }[]> {
  const all = await Promise.all(labs.map(async (lab) => ({ lab, name: await notedCase(lab) })));
  return all.flatMap(({ lab, name }) => (name === undefined ? [] : [{ lab, name }]));
}

async function labsHere(): Promise<string[]> {
  const entries = await readdir(join(process.cwd(), ".tailnet-lab"), {
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
