import { Command } from "commander";
import { cases } from "../../scenarios/cases/index.ts";
import { listText, reportText, solutionText } from "../case-text.ts";
import { act, command, labCommand, type Shared, someNumber } from "../command.ts";

export function caseCommand(shared: Shared): Command {
  const commands = [list, show, start, diagnose, hint, check, repair, run, newCase];
  const all = new Command("case").description(
    "troubles that others had: start one, find its cause, repair it",
  );
  for (const make of commands) all.addCommand(make(shared));
  return all;
}

function list(shared: Shared): Command {
  return command("list", "all cases, with what is the matter", ["case list"]).action(
    act(shared, async () => ({
      json: {
        schema: 1,
        cases: cases.map(({ name, flow, title, finding }) => ({ name, flow, title, finding })),
      },
      text: listText(cases),
    })),
  );
}

function show(shared: Shared): Command {
  const shown = command("show", "what a case's user reports", [
    "case show key-expired",
    "case show key-expired --solution",
  ])
    .argument("<case>", "its name, or a case's file")
    .option("--solution", "its cause and its remedy too");
  return shown.action(
    act(shared, async (_, name: string) => {
      const { findCase } = await import("../../scenarios/cases/find-case.ts");
      const theCase = await findCase(name);
      const isWhole = shown.opts<{ solution?: boolean }>().solution === true;
      const { report, symptoms, question, sources } = theCase;
      const { finding, faults, changes = [], remedy } = theCase;
      const told = { name: theCase.name, report, symptoms, question: question ?? null, sources };
      return {
        json: { schema: 1, ...told, ...(isWhole ? { finding, faults, changes, remedy } : {}) },
        text: isWhole ? solutionText(theCase) : reportText(theCase),
      };
    }),
  );
}

function start(shared: Shared): Command {
  const started = command("start", "bring up a lab that has a case's trouble, and leave it", [
    "case start key-expired",
    "case start",
  ])
    .argument("[case]", "its name, or a case's file; absent: one at random, which is not told")
    .option("--name <lab>", "the lab's name; absent: the case's, or `case`");
  return started.action(
    act(shared, async (_, name: string | undefined) => {
      const { startCase } = await import("../case-start.ts");
      return startCase(name, started.opts<{ name?: string }>().name, shared);
    }),
  );
}

function diagnose(shared: Shared): Command {
  return labCommand("diagnose", "ask the doctor about the started case", ["case diagnose"]).action(
    act(shared, async ({ lab, signal, progress }) => {
      const { diagnoseStarted } = await import("../case-work.ts");
      return diagnoseStarted(lab, { signal, progress });
    }),
  );
}

function hint(shared: Shared): Command {
  return labCommand("hint", "what leads on, without the answer", ["case hint"]).action(
    act(shared, async ({ lab: option }) => {
      const { startedCase } = await import("../case-state.ts");
      const { lab, theCase } = await startedCase(option);
      return { json: { schema: 1, lab, hint: theCase.hint }, text: theCase.hint };
    }),
  );
}

function check(shared: Shared): Command {
  return labCommand("check", "tell whether your repair works, and what still fails", [
    "case check",
  ]).action(
    act(shared, async ({ lab, signal, progress }) => {
      const { checkStarted } = await import("../case-work.ts");
      return checkStarted(lab, { signal, progress });
    }),
  );
}

function repair(shared: Shared): Command {
  return labCommand("repair", "do what repairs the case, and show it", ["case repair"]).action(
    act(shared, async ({ lab, signal, progress }) => {
      const { repairStarted } = await import("../case-work.ts");
      return repairStarted(lab, { signal, progress });
    }),
  );
}

function run(shared: Shared): Command {
  const running = command("run", "all of a case on a lab of its own, each step asserted", [
    "case run key-expired",
    "case run --all",
  ])
    .argument("[case...]", "names, or cases' files")
    .option("--all", "every case")
    .option("--at-once <number>", "labs at once", someNumber, 2);
  return running.action(
    act(shared, async ({ isJson }, names: string[]) => {
      const { runCases } = await import("../case-run.ts");
      return runCases(names, running.opts<{ all?: boolean; atOnce: number }>(), shared, isJson);
    }),
  );
}

function newCase(shared: Shared): Command {
  return command("new", "write a file to start a case of your own from", ["case new printer-gone"])
    .argument("<name>", "the case's name")
    .action(
      act(shared, async (_, name: string) => {
        const { writeSkeleton } = await import("../case-new.ts");
        const file = await writeSkeleton(name);
        return {
          json: { schema: 1, file },
          text: `${file} is there; try it: tailnet-lab case run ${file}`,
        };
      }),
    );
}
