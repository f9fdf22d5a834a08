import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { withoutSecrets } from "../../lab/capture/clean.ts";
import { type Collected, collectEvidence, onceFrom } from "../../lab/capture/collect.ts";
import { secretRemover } from "../../lab/capture/secrets.ts";
import { writeCapture } from "../../lab/capture/write.ts";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { diagnosisText, firstCause, nothingFound } from "../../lab/doctor/text.ts";
import type { EvidenceSource } from "../../lab/evidence/evidence.ts";
import { inTime } from "../../lab/evidence/in-time.ts";
import { liveSource } from "../../lab/evidence/live.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import type { Plan } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { type Asked, questionOf } from "./asked.ts";
import { isEvidenceWanted } from "./claims.ts";

/**
 * Milliseconds after which a failure waits no longer: for what a capture has, for whatever else machines are asked, and
 * at all, should the engine not answer.
 */
const limits = { capture: 12_000, answers: 18_000, all: 20_000 };

/** What is not captured, as no real tailnet would have it: by the file's name, of each simulated router. */
const ofRouters: Record<string, string> = {
  "nft.txt": "nft list ruleset",
  "conntrack.txt": "conntrack -L",
  "addresses.txt": "ip a; ip r",
};

/** A lab, and what it was to be. */
export interface PlannedLab {
  plan: Plan;
  running: RunningLab;
}

/** What a lab showed at one moment. */
export interface LabLook {
  /** When, ISO 8601. */
  at: string;
  collected: readonly Collected[];
  /** Beside the capture, by the file's name: plan, logs, the routers' state, all that the doctor says. */
  files: Readonly<Record<string, string>>;
  /** By the doctor, in one line each, as it was asked; or why it could not look. The first is what it was asked first. */
  causes: readonly [string, ...string[]];
}

/**
 * Looks at a lab once, and asks the doctor: about each claim, or about the whole lab where there is none. Never throws,
 * and takes 20 s at most.
 */
export async function lookAtLab(
  lab: PlannedLab,
  asked: readonly (Asked | undefined)[] = [],
): Promise<LabLook> {
  const at = new Date().toISOString();
  const deadline = AbortSignal.timeout(limits.answers);
  const late = once(AbortSignal.timeout(limits.all), "abort").then(() => {
    throw new Error(`it took more than ${limits.all / 1000} s`);
  });
  // Nobody may be waiting any more.
  late.catch(() => {});
  const [first, ...others] = asked;
  const [{ collected, said }, files] = await Promise.all([
    Promise.race([examine(lab.running, [first, ...others], deadline), late]).catch((error) => {
      const said = couldNotLook(error);
      return { collected: [], said: [said, ...others.map(() => said)] as const };
    }),
    readFiles(lab, deadline, late),
  ]);
  const reports = [...new Set(said.map(({ report }) => report))].join("\n\n");
  const [own, ...more] = said;
  const causes = [own.cause, ...more.map(({ cause }) => cause)] as const;
  return { at, collected, causes, files: { ...files, "doctor.txt": `${reports}\n` } };
}

type Question = Asked | undefined;

async function examine(
  lab: RunningLab,
  [first, ...others]: readonly [Question, ...Question[]],
  deadline: AbortSignal,
) {
  const source = await liveSource(lab);
  const captureDeadline = AbortSignal.timeout(limits.capture);
  const collected = await collectEvidence(inTime(source, captureDeadline));
  const rest = inTime(onceFrom(collected, source), deadline);
  const own = await diagnosed(rest, first);
  const said: [Said, ...Said[]] = [own];
  // One after the other: their pings and attempts would get into each other's way.
  for (const [index, other] of others.entries()) {
    const same = [first, ...others].indexOf(other);
    said.push(said[same <= index ? same : -1] ?? (await diagnosed(rest, other)));
  }
  return { collected, said };
}

/** What it says of what was collected stands beside it, also where the doctor itself fails. */
async function diagnosed(source: EvidenceSource, asked: Question): Promise<Said> {
  try {
    const question = asked === undefined ? undefined : await questionOf(asked, source.machines);
    const diagnosis = diagnose(await lookAtTailnet(source, { question }), question);
    const report = stripVTControlCharacters(diagnosisText(diagnosis, { all: true }));
    return { cause: firstCause(diagnosis), report };
  } catch (error) {
    return couldNotLook(error);
  }
}

/** What the doctor says: in one line, and all of it. */
interface Said {
  cause: string;
  report: string;
}

function couldNotLook(error: unknown): Said {
  const cause = `could not look: ${messageOf(error)}`;
  return { cause, report: cause };
}

async function readFiles(
  { plan, running }: PlannedLab,
  deadline: AbortSignal,
  late: Promise<never>,
): Promise<Record<string, string>> {
  const readers = running.nodes.flatMap((node): [string, () => Promise<string>][] => [
    [`${node.name}.log`, () => node.log()],
    ...Object.entries(node.spec.kind === "router" ? ofRouters : {}).map(
      ([name, program]): [string, () => Promise<string>] => [
        `${node.name}.${name}`,
        async () => {
          const { stdout, stderr } = await node.exec(["sh", "-c", program], { signal: deadline });
          return stdout + stderr;
        },
      ],
    ),
  ]);
  const files = readers.map(async ([name, read]) => {
    const text = await Promise.race([read(), late]).catch(
      (error) => `not to be had: ${messageOf(error)}\n`,
    );
    return [name, text] as const;
  });
  const texts = Object.fromEntries(await Promise.all(files));
  return { "plan.json": `${JSON.stringify(plan, null, 2)}\n`, ...texts };
}

/**
 * Writes a look into a folder of its own, as `tailnet-lab capture` does, with the other files beside the machines'
 * folders; without secrets. Whatever is there is replaced. Never throws.
 * @returns the folder, or why there is none
 */
export async function writeEvidence(look: LabLook, ...place: readonly string[]): Promise<string> {
  const root = process.env.TAILNET_LAB_ARTIFACTS ?? "artifacts";
  const folder = path.resolve(root, ...place.map(fileName));
  const { version } = createRequire(import.meta.url)("tailnet-lab/package.json");
  const info = { version, at: look.at, anonymised: false };
  try {
    await rm(folder, { recursive: true, force: true });
    await writeCapture(folder, withoutSecrets(look.collected), info);
    const remove = secretRemover();
    for (const [name, text] of Object.entries(look.files)) {
      await writeFile(path.join(folder, name), remove(text));
    }
    return folder;
  } catch (error) {
    return `not written: ${messageOf(error)}`;
  }
}

/** What the message of a failure of a lab's start goes on with. Empty where no evidence is wanted. */
export async function evidenceOf(lab: PlannedLab, ...place: readonly string[]): Promise<string> {
  if (!isEvidenceWanted()) return "";
  const look = await lookAtLab(lab);
  return evidenceLines(await writeEvidence(look, ...place), look.causes[0]);
}

/** What a failure's message goes on with: where the evidence is, and the first cause where there is one to tell. */
export function evidenceLines(folder: string, cause: string): string {
  return `\nevidence: ${folder}${cause === nothingFound ? "" : `\ndoctor: ${cause}`}`;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
}

/** A longer name is cut, and told from others that begin alike. */
export function fileName(text: string): string {
  const name = text.replaceAll(/[^a-zA-Z0-9.-]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "");
  if (name.length <= 80) return name === "" ? "unnamed" : name;
  return `${name.slice(0, 71)}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}
