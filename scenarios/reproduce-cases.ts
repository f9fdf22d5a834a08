/**
 * `npm run verify:reproduce`: brings each case's trouble about, captures the lab, makes a lab of the capture, and sees
 * that both agree: in what the doctor finds, and in the symptom. Of causes that a capture does not show it says so.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import PQueue from "p-queue";
import { captureLab } from "../lab/capture/capture.ts";
import { diagnose, everyFinding } from "../lab/doctor/diagnose.ts";
import { LabError } from "../lab/errors.ts";
import type { EvidenceSource } from "../lab/evidence/evidence.ts";
import { folderSource } from "../lab/evidence/folder.ts";
import { liveSource } from "../lab/evidence/live.ts";
import { lookAtTailnet } from "../lab/evidence/look.ts";
import { readFacts } from "../lab/reproduce/read-facts.ts";
import { reproduce } from "../lab/reproduce/reproduce.ts";
import { withoutFault } from "../lab/reproduce/without-fault.ts";
import { policyFileFor, writeReproduction } from "../lab/reproduce/write.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import { loadTopology } from "../lab/topology/load.ts";
import type { Case } from "./cases/case.ts";
import { loadedOf } from "./cases/case-lab.ts";
import { bringAbout, setUp } from "./cases/causes.ts";
import { questionOf } from "./cases/diagnosis.ts";
import { findCase } from "./cases/find-case.ts";
import { cases } from "./cases/index.ts";
import { settle, showAll } from "./cases/run-case.ts";
import { startLab } from "./harness/scenario-lab.ts";

/** What came of a case. */
interface Compared {
  name: string;
  outcome: "agree" | "not in a capture" | "no fault" | "differ" | "left out";
  why: string;
}

async function main(): Promise<void> {
  const program = new Command("npm run verify:reproduce --")
    .description("Compares each case's lab with the one that its capture makes.")
    .argument("[case...]", "names of cases; all where none is given")
    .option("--anonymise", "captures without names and public addresses", false)
    .option("--at-once <number>", "cases at once", Number, 2);
  program.parse();
  const { anonymise, atOnce } = program.opts<{ anonymise: boolean; atOnce: number }>();
  const chosen =
    program.args.length === 0
      ? cases
      : await Promise.all(program.args.map((name) => findCase(name)));
  const queue = new PQueue({ concurrency: atOnce });
  const compared = await Promise.all(
    chosen.map((theCase) =>
      queue.add(async () => {
        const one = await compare(theCase, anonymise);
        console.log(
          `${one.outcome.padEnd(16)}  ${one.name}${one.why === "" ? "" : `: ${one.why}`}`,
        );
        return one;
      }),
    ),
  );
  const count = (outcome: Compared["outcome"]) =>
    compared.filter((each) => each.outcome === outcome).length;
  console.log(
    `${count("agree")} agree, ${count("differ")} differ, ${count("not in a capture")} are not in a capture, ${count("no fault")} no topology can have, ${count("left out")} left out`,
  );
  process.exitCode = count("differ") + count("left out") > 0 ? 1 : 0;
}

async function compare(theCase: Case, anonymise: boolean): Promise<Compared> {
  const { name, finding } = theCase;
  const folder = await mkdtemp(path.join(tmpdir(), "tailnet-lab-reproduce-"));
  try {
    const capture = path.join(folder, "capture");
    const isBroken = await captureCase(theCase, capture, anonymise);
    if (!isBroken) return { name, outcome: "left out", why: "the symptom does not show" };
    const before = await codesOf(await folderSource(capture), theCase);
    if (!before.includes(finding.code)) {
      return {
        name,
        outcome: "not in a capture",
        why: before.join(", ") || "nothing is found in it",
      };
    }
    const file = path.join(folder, "again.yaml");
    const facts = readFacts(await lookAtTailnet(await folderSource(capture)));
    const made = reproduce(facts, { lab: "again", policyFile: policyFileFor(file) });
    await writeReproduction(made, file, { folder: capture, findings: [] });
    await using again = await startLab(await loadTopology(file));
    // Placeholders are other names than the symptom has. It takes its time, and what the doctor finds with it.
    const shown = anonymise
      ? []
      : await showAll(again.running, theCase, "broken", { limitMs: 30_000 });
    const after = await codesOf(await liveSource(again.running), theCase);
    const reason = withoutFault.get(finding.code);
    if (reason !== undefined) {
      return after.includes(finding.code)
        ? { name, outcome: "differ", why: `${finding.code} is in the lab of it all the same` }
        : { name, outcome: "no fault", why: reason };
    }
    if (!after.includes(finding.code)) {
      const found = `${finding.code} in the capture, ${after.join(", ") || "nothing"} in the lab of it`;
      return { name, outcome: "differ", why: found };
    }
    const others = shown
      // A host of the simulated internet is nobody's to capture, and not in the lab.
      .filter(({ isRight, result }) => !isRight && result !== "not-made")
      .map(({ attempt, result, detail }) => `${JSON.stringify(attempt)}: ${result} (${detail})`);
    return { name, outcome: others.length === 0 ? "agree" : "differ", why: others.join("; ") };
  } catch (error) {
    if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
    return { name, outcome: "differ", why: error.message };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Whether the symptom was there. */
async function captureCase(theCase: Case, folder: string, anonymise: boolean): Promise<boolean> {
  await using lab = await startLab(await loadedOf(theCase));
  await using _setup = await setUp(lab.running, theCase);
  await settle(lab.running, theCase);
  await using _causes = await bringAbout(lab.running, theCase);
  const shown = await showAll(lab.running, theCase, "broken", { limitMs: 60_000 });
  const { name, run, engine } = lab.running;
  const now = await RunningLab.find(name, { run, engine });
  await captureLab(now, folder, { version: "0", anonymise });
  return shown.every(({ isRight }) => isRight);
}

/** Of all that is found for the case's question, as far as the source can tell; consequences too. */
async function codesOf(source: EvidenceSource, theCase: Case): Promise<string[]> {
  const question = questionOf(theCase);
  const found = everyFinding(diagnose(await lookAtTailnet(source, { question }), question));
  return [...new Set(found.map(({ code }) => code))].sort();
}

try {
  await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
