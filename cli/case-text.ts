import { styleText } from "node:util";
import { describeAttempt } from "../scenarios/cases/attempt.ts";
import type { Case, Result } from "../scenarios/cases/case.ts";
import { stepText } from "../scenarios/cases/commands.ts";
import type { Shown, Stage } from "../scenarios/cases/run-case.ts";
import { table } from "./table.ts";

/** Cases as a person reads them. */

const flows: Record<Case["flow"], string> = {
  "cant-reach": "connected, but can't reach",
  slow: "slower than expected",
  names: "names don't resolve",
  other: "other",
};

export function listText(cases: readonly Case[]): string {
  const rows = cases.map(({ name, flow, title }) => [name, flows[flow], title]);
  return table([["CASE", "FLOW", "WHAT IS THE MATTER"], ...rows]);
}

/** What a user tells, and how it shows; not the cause. */
export function reportText({ report, symptoms, question }: Case): string {
  return [
    `“${report}”`,
    "",
    "How it shows:",
    ...symptoms.map(
      ({ attempt, broken }) => `  ${describeAttempt(attempt)}: ${resultText(broken)}`,
    ),
    ...(question === undefined ? [] : ["", `Asked of the doctor: ${questionText(question)}`]),
  ].join("\n");
}

/** What to do with a case that was started. `isOneOfSeveral`: others were started from the same directory. */
export function nextText(lab: string, isOneOfSeveral: boolean): string {
  const flag = isOneOfSeveral ? ` --lab ${lab}` : "";
  const command = (name: string, what: string) =>
    `  tailnet-lab case ${`${name}${flag}`.padEnd(13 + flag.length)} ${what}`.trimEnd();
  return [
    "Try next:",
    `  tailnet-lab inspect ${lab}`,
    `  tailnet-lab exec NODE --lab ${lab} -- tailscale status`,
    command("diagnose", "what the doctor finds"),
    command("hint", ""),
    command("check", "whether your repair works"),
    command("repair", "do it for me, and show how"),
    `  tailnet-lab down ${lab}`,
  ].join("\n");
}

/** All of a case, its cause and remedy too. */
export function solutionText(theCase: Case): string {
  const { title, flow, faults, changes = [], finding, remedy, sources } = theCase;
  const where = finding.node === undefined ? "" : ` on ${finding.node}`;
  return [
    `${title} (${flows[flow]})`,
    "",
    reportText(theCase),
    "",
    `The doctor's first finding: ${finding.code}${where}`,
    ...faults.map((fault) => `Injected: ${JSON.stringify(fault)}`),
    ...changes.map((change) => `Done: ${stepText(change)}`),
    "",
    remedyText(remedy),
    "",
    `Described in: ${sources.join(", ")}`,
  ].join("\n");
}

export function remedyText(remedy: Case["remedy"]): string {
  return ["Remedy:", ...remedy.map((step) => `  ${stepText(step)}`)].join("\n");
}

export function shownText(shown: readonly Shown[]): string {
  return shown
    .map(({ attempt, expected, result, detail, isRight }) => {
      const seen = detail === "" ? result : `${result} (${detail})`;
      const instead = isRight ? "" : `; when it is repaired: ${resultText(expected)}`;
      return `${mark(isRight)} ${describeAttempt(attempt)}: ${seen}${instead}`;
    })
    .join("\n");
}

export function stageText({ stage, isRight, expected, seen, seconds }: Stage): string {
  const line = `  ${mark(isRight)} ${stage} (${seconds.toFixed(1)} s): ${seen}`;
  return isRight ? line : `${line}\n    expected: ${expected}`;
}

export function mark(isRight: boolean): string {
  return styleText(isRight ? "green" : "red", isRight ? "✔" : "✖", { stream: process.stdout });
}

function questionText({ from, to, name }: NonNullable<Case["question"]>): string {
  return [from, to ?? name ?? ""].join(" ").trim();
}

function resultText(result: Result | readonly Result[]): string {
  return [result].flat().join(" or ");
}
