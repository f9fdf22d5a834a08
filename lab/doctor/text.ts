import { styleText } from "node:util";
import type { Question } from "../evidence/question.ts";
import type { ChainStep } from "./chain.ts";
import type { Diagnosed, Diagnosis } from "./diagnose.ts";

/** A diagnosis as a person reads it: the way of the packet, then causes, the first cause first. */
export function diagnosisText(diagnosis: Diagnosis, { all }: { all: boolean }): string {
  const { question, chain, findings, elsewhere, notLooked, health } = diagnosis;
  const parts: string[] = [];
  if (question !== undefined)
    parts.push([questionText(question), ...chain.map(stepText)].join("\n"));
  for (const finding of findings) parts.push(findingText(finding, ""));
  parts.push(verdict(diagnosis));
  if (elsewhere.length > 0 && all) {
    parts.push("Beside what was asked:", ...elsewhere.map((finding) => findingText(finding, "")));
  } else if (elsewhere.length > 0) {
    parts.push(
      `${elsewhere.length} more beside what was asked: ${elsewhere.map(title).join("; ")} (--all)`,
    );
  }
  if (health.length > 0 && (all || isUnexplained(diagnosis))) {
    const lines = health.map(({ node, says }) => `  ${node}: ${oneLine(says)}`);
    parts.push(["What tailscaled itself warns of:", ...lines].join("\n"));
  }
  if (notLooked.length > 0) {
    const lines = notLooked.map(
      ({ node, codes, command, why }) =>
        `  ${node}: \`${command}\`: ${why}${codes.length === 0 ? "" : ` (${codes.join(", ")})`}`,
    );
    const shown = all ? lines : lines.slice(0, shownUnseen);
    const rest = lines.length - shown.length;
    parts.push(
      ["Could not look:", ...shown, ...(rest > 0 ? [`  and ${rest} more (--all)`] : [])].join("\n"),
    );
  }
  return parts.join("\n\n");
}

const shownUnseen = 5;

function questionText({ from, to, port, protocol }: Question): string {
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

const colours = { error: "red", warning: "yellow", info: "cyan" } as const;

function findingText(finding: Diagnosed, indent: string): string {
  const { severity, code, name, node, what, seen, why, fix, explains, consequences } = finding;
  const colour = colours[severity];
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

/** No cause of what was asked. */
function isInfo({ severity, isReason }: Diagnosed): boolean {
  return severity === "info" && isReason !== true;
}

/** It does not work, and no cause was found. */
function isUnexplained({ question, works, findings }: Diagnosis): boolean {
  return question?.to !== undefined && works === false && findings.every(isInfo);
}

function verdict(diagnosis: Diagnosis): string {
  const { question, works, findings, notLooked, lost } = diagnosis;
  const asksTarget = question?.to !== undefined;
  if (isUnexplained(diagnosis)) {
    const place = lost === undefined ? "" : `: ${lost}`;
    return `It does not work, and no cause was found${place}.`;
  }
  if (findings.length > 0 && findings.every(isInfo)) {
    const count = findings.length === 1 ? "1 remark" : `${findings.length} remarks`;
    if (asksTarget && works === true) return `It works, and nothing is wrong; ${count}.`;
    const isAll = !asksTarget && notLooked.length === 0;
    return `${isAll ? "Nothing is wrong" : "Nothing was found where it could be looked"}; ${count}.`;
  }
  if (findings.length > 0) {
    const causes = findings.filter((finding) => !isInfo(finding)).length;
    const count = causes === 1 ? "1 cause" : `${causes} causes`;
    return asksTarget && works === true ? `It works; ${count} found.` : `${count} found.`;
  }
  if (asksTarget && works === true) return "It works, and nothing was found.";
  if (notLooked.length > 0 || asksTarget) return "Nothing was found where it could be looked.";
  return "All is well: nothing was found.";
}

/** The first cause where there is neither a cause nor anything else to know. */
export const nothingFound = "nothing found";

/**
 * The first cause in one line, `TL103 route-not-approved on router: … (seen on control: …)`; without one, what else
 * there is to know.
 */
export function firstCause({
  question,
  works,
  findings,
  elsewhere,
  notLooked,
  lost,
}: Diagnosis): string {
  const [first] = findings;
  if (first !== undefined) return causeLine(first);
  const [beside] = elsewhere;
  const [unseen] = notLooked;
  const parts = [
    nothingFound,
    ...(question !== undefined && works === true ? [`${questionText(question)} works now`] : []),
    ...(lost === undefined ? [] : [lost]),
    ...(beside === undefined ? [] : [`beside what was asked: ${causeLine(beside)}`]),
    ...(unseen === undefined
      ? []
      : [`not looked at: ${unseen.node}: \`${unseen.command}\`: ${unseen.why}`]),
  ];
  return oneLine(parts.join("; "));
}

export function causeLine({ code, name, node, what, seen: [seen] }: Diagnosed): string {
  const evidence = `seen on ${seen.node}: \`${seen.command}\`: ${seen.line}`;
  return oneLine(`${code} ${name} on ${node}: ${what} (${evidence})`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
