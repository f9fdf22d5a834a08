import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab/errors.ts";
import type { Case } from "../scenarios/cases/case.ts";
import { findCase } from "../scenarios/cases/find-case.ts";
import { labState } from "../stacks/state.ts";
import { writtenLab } from "./which-lab.ts";

/** Beside a lab's record; gone with it. */
const fileName = "case.json";
const noteSchema = z.object({
  schema: z.literal(1),
  case: z.string(),
  /** Whether the start came to its end, so that the trouble is there. */
  isMade: z.boolean().default(true),
});
type Note = z.infer<typeof noteSchema>;

/** A lab that was started as a case, from this directory. */
export interface StartedCase {
  lab: string;
  theCase: Case;
}

/** @param name as the user named it: a case's name, or its file, absolute */
export async function noteCase(lab: string, name: string, isMade: boolean): Promise<void> {
  const { directory } = labState(process.cwd(), lab);
  const note: Note = { schema: 1, case: name, isMade };
  const file = join(directory, fileName);
  await writeFile(`${file}.new`, `${JSON.stringify(note)}\n`);
  await rename(`${file}.new`, file);
}

/** Of a lab's case; undefined where it is none. */
async function notedCase(lab: string): Promise<Note | undefined> {
  const { directory } = labState(process.cwd(), lab);
  const text = await readFile(join(directory, fileName), "utf8").catch(() => undefined);
  return text === undefined ? undefined : noteSchema.parse(JSON.parse(text));
}

/** The case that a command means: of the lab that is written, else the only one. Throws UsageInvalid. */
export async function startedCase(option: string | undefined): Promise<StartedCase> {
  const written = await writtenLab(option);
  const noted = await notedOf(written === undefined ? await labsHere() : [written]);
  const started = noted.filter(({ isMade }) => isMade);
  const [only] = started;
  const [interrupted] = noted;
  if (only === undefined && interrupted !== undefined) throw startInterrupted(interrupted.lab);
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
  return { lab: only.lab, theCase: await findCase(only.case) };
}

/** Its trouble may be there in part, or not at all: nothing can be said about a repair. */
function startInterrupted(lab: string): LabError {
  return new LabError("UsageInvalid", "the start of this case was interrupted", {
    where: lab,
    remedy: `take it down: \`tailnet-lab down ${lab}\`, and start the case again`,
  });
}

/** Whether commands about the started case have to name its lab. */
export async function isOneOfSeveral(): Promise<boolean> {
  const noted = await notedOf(await labsHere());
  return noted.filter(({ isMade }) => isMade).length > 1;
}

async function notedOf(labs: readonly string[]): Promise<(Note & { lab: string })[]> {
  const all = await Promise.all(labs.map(async (lab) => ({ lab, note: await notedCase(lab) })));
  return all.flatMap(({ lab, note }) => (note === undefined ? [] : [{ lab, ...note }]));
}

async function labsHere(): Promise<string[]> {
  const entries = await readdir(join(process.cwd(), ".tailnet-lab"), {
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
