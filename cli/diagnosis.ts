import { styleText } from "node:util";
import type { ChainStep } from "../lab/doctor/chain.ts";
import type { Diagnosed, Diagnosis } from "../lab/doctor/diagnose.ts";
import type { Question } from "../lab/evidence/question.ts";

/** 0 where all is well, 1 where something was found, 2 where it could not be looked at all. */
export function exitCodeOf({ findings, works, notLooked }: Diagnosis): number {
  if (findings.length > 0 || works === false) return 1;
  return notLooked.length > 0 ? 2 : 0;
}

/** A diagnosis as a person reads it: the way of the packet, then causes, the first cause first. */
export function diagnosisText(diagnosis: Diagnosis, { all }: { all: boolean }): string {
  const { question, chain, findings, elsewhere, notLooked } = diagnosis;
  const parts: string[] = [];
  if (question !== undefined) parts.push([asked(question), ...chain.map(stepText)].join("\n"));
  for (const finding of findings) parts.push(findingText(finding, ""));
  parts.push(verdict(diagnosis));
  if (elsewhere.length > 0 && all) {
    parts.push("Beside what was asked:", ...elsewhere.map((finding) => findingText(finding, "")));
  } else if (elsewhere.length > 0) {
    parts.push(
      `${elsewhere.length} more beside what was asked: ${elsewhere.map(title).join("; ")} (--all)`,
    );
  }
  if (notLooked.length > 0) {
    const lines = notLooked.map(
      ({ node, codes, command, why }) => `  ${node}: \`${command}\`: ${why} (${codes.join(", ")})`,
    );
    const unique = [...new Set(lines)];
    const shown = all ? unique : unique.slice(0, shownUnseen);
    const rest = unique.length - shown.length;
    parts.push(
      ["Could not look:", ...shown, ...(rest > 0 ? [`  and ${rest} more (--all)`] : [])].join("\n"),
    );
  }
  return parts.join("\n\n");
}

const shownUnseen = 5;

function asked({ from, to, port, protocol }: Question): string {
  if (to === undefined) return from;
  return port === undefined ? `${from} → ${to}` : `${from} → ${to} ${protocol}/${port}`;
}

const marks: Record<ChainStep["state"], [Parameters<typeof styleText>[0], string]> = {
  ok: ["green", "✔"],
  failed: ["red", "✖"],
  unknown: ["yellow", "?"],
};

function stepText({ step, state, seen }: ChainStep): string {
  const [colour, mark] = marks[state];
  return `${styleText(colour, mark, { stream: process.stdout })} ${step.replace("-", " ")}: ${seen}`;
}

function title({ code, name, what }: Diagnosed): string {
  return `${code} ${name}: ${what}`;
}

function findingText(finding: Diagnosed, indent: string): string {
  const { severity, code, name, node, what, seen, why, fix, explains, consequences } = finding;
  const colour = severity === "error" ? "red" : "yellow";
  const head = styleText(colour, `${severity} ${code} ${name}`, { stream: process.stdout });
  const lines = [
    `${head} (${node}): ${what}`,
    ...seen.map((each) => `  seen on ${each.node}: \`${each.command}\`: ${each.line}`),
    `  why: ${why}`,
    ...fix.map((each) => `  → ${each}`),
    ...(explains.length === 0 ? [] : [`  explains: ${explains.join("; ")}`]),
  ];
  const under = consequences.map((each) => findingText(each, `${indent}    `));
  return [...lines.map((line) => `${indent}${line}`), ...under].join("\n");
}

function verdict({ question, works, findings, notLooked }: Diagnosis): string {
  const asksTarget = question?.to !== undefined;
  if (asksTarget && works === false && findings.length === 0) {
    return "It does not work, and no cause was found.";
  }
  if (findings.length > 0) {
    const count = findings.length === 1 ? "1 cause" : `${findings.length} causes`;
    return asksTarget && works === true ? `It works; ${count} found.` : `${count} found.`;
  }
  if (asksTarget && works === true) return "It works, and nothing was found.";
  if (notLooked.length > 0 || asksTarget) return "Nothing was found where it could be looked.";
  return "All is well: nothing was found.";
}
