import { writeFile } from "node:fs/promises";
import { entryOf } from "../../lab/doctor/catalogue.ts";
import { describeAttempt } from "../cases/attempt.ts";
import type { Attempt, Case, Step } from "../cases/case.ts";
import { stepText } from "../cases/commands.ts";
import { cases } from "../cases/index.ts";
import { type Recording, readRecording } from "../cases/recording.ts";
import { type Flow, flows, type Section } from "./flows.ts";

/** A case with what was recorded of it. */
interface Recorded {
  theCase: Case;
  recording: Recording;
}

/** A page of docs/troubleshooting/. */
export interface Page {
  file: string;
  text: string;
}

/** A page for each flow, and a list of all: of the cases that are recorded. */
export async function handbookPages(): Promise<Page[]> {
  const all = await Promise.all(
    cases.map(async (theCase) => ({ theCase, recording: await readRecording(theCase.name) })),
  );
  const recorded = all.filter((each): each is Recorded => each.recording !== undefined);
  return [listOf(flows), ...flows.map((flow) => pageOf(flow, recorded))];
}

/** Writes docs/troubleshooting/. */
export async function writePages(): Promise<void> {
  const folder = new URL("../../docs/troubleshooting/", import.meta.url);
  const pages = await handbookPages();
  await Promise.all(pages.map(({ file, text }) => writeFile(new URL(file, folder), text)));
}

/** As GitHub makes the anchor of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

function listOf(all: readonly Flow[]): Page {
  const parts = all.map(({ flow, title, sections }) =>
    [
      `## [${title}](${flow}.md)`,
      seeTable(sections, (section) => `${flow}.md#${anchorOf(headingOf(sections, section))}`),
    ].join("\n\n"),
  );
  const intro =
    "What to look at where a tailnet does not do what it should, with no more than `tailscale`, `headscale` and what a Linux machine has. Each page goes step by step.";
  return { file: "README.md", text: joined(["# Troubleshooting", intro, ...parts]) };
}

function pageOf({ flow, title, intro, sections }: Flow, recorded: readonly Recorded[]): Page {
  const text = joined([
    `# ${title}`,
    intro,
    "Each output below is real: recorded in labs such as [the default one](../../README.md#the-default-lab), by `npm run docs:record`, and compared in each run of the cases. The prompt says on which machine a command is typed; `npx tailnet-lab case start NAME` brings up a lab to try it in. [`tailnet-lab doctor`](../doctor.md) takes these steps by itself.",
    seeTable(sections, (section) => `#${anchorOf(headingOf(sections, section))}`),
    ...sections.flatMap((section) =>
      sectionOf(section, headingOf(sections, section), flow, recorded),
    ),
    "[All pages](README.md) · [all causes](../doctor/README.md) · [cases](../cases.md)",
  ]);
  return { file: `${flow}.md`, text };
}

function headingOf(sections: readonly Section[], section: Section): string {
  return `${sections.indexOf(section) + 1}. ${section.title}`;
}

function seeTable(sections: readonly Section[], link: (section: Section) => string): string {
  const rows = sections.map((section) => [section.see, `[${section.title}](${link(section)})`]);
  return table([["what you see", "where to look"], ...rows]);
}

function sectionOf(
  section: Section,
  heading: string,
  flow: Case["flow"],
  recorded: readonly Recorded[],
): string[] {
  const { text, example, codes } = section;
  const here = codes.flatMap((code) =>
    recorded.filter(({ theCase }) => theCase.flow === flow && theCase.finding.code === code),
  );
  const others = codes.filter((code) => !here.some(({ theCase }) => theCase.finding.code === code));
  const rows = here.flatMap(({ theCase: { title, look = [] } }) =>
    look.slice(0, 1).map(({ tells }) => [tells, `[${title}](#${anchorOf(title)})`]),
  );
  const otherRows = others.map((code) => [entryOf(code).title, pageLink(code)]);
  return [
    `## ${heading}`,
    text,
    ...exampleOf(example, recorded),
    ...(rows.length === 0 ? [] : [table([["what you see", "cause"], ...rows])]),
    ...(otherRows.length === 0 ? [] : [table([["also possible", "see"], ...otherRows])]),
    ...here.flatMap(causeOf),
  ];
}

function exampleOf(example: Section["example"], recorded: readonly Recorded[]): string[] {
  const found = recorded.find(({ theCase }) => theCase.name === example?.name);
  const look = found?.recording.looks[example?.look ?? 0];
  return look === undefined ? [] : ["Where all is well:", terminal([[look, look.repaired]])];
}

/** What the user tells, what is to be seen, why, the remedy, and what is seen then. */
function causeOf({ theCase, recording: { finding, looks } }: Recorded): string[] {
  const { title, report, look = [], remedy, symptoms, name } = theCase;
  const changed = looks.filter(({ broken, repaired }) => broken !== repaired);
  const shows = symptoms
    .filter(({ broken, repaired }) => either(broken) !== either(repaired))
    .map(
      ({ attempt, broken, repaired }) =>
        `- ${attemptText(attempt)}: ${either(repaired)} (before: ${either(broken)})`,
    );
  return [
    `### ${title}`,
    `> ${report}`,
    ...looks.flatMap((each, index) => [terminal([[each, each.broken]]), `→ ${look[index]?.tells}`]),
    `**Cause:** ${finding.what} (${pageLink(finding.code)})`,
    `**Why:** ${finding.why}`,
    "**Repair:**",
    finding.fix.map((each) => `- ${withCode(each)}`).join("\n"),
    "In the lab:",
    fenced(remedy.map(remedyLine).join("\n")),
    "**Repaired:**",
    terminal(changed.map((each) => [each, each.repaired])),
    shows.join("\n"),
    `Try it: \`npx tailnet-lab case start ${name}\``,
  ];
}

function terminal(typed: readonly [{ on: string; run: string }, string][]): string {
  return fenced(
    typed
      .map(([{ on, run }, output]) =>
        [`${on}$ ${run}`, ...(output === "" ? [] : [output])].join("\n"),
      )
      .join("\n"),
  );
}

function remedyLine(step: Step): string {
  return "power" in step ? `# ${stepText(step)}` : stepText(step).replace(/^on (\S+): /, "$1$ ");
}

/** `on router: sysctl …, which …` with its command as code; others are in words. */
function withCode(fix: string): string {
  return fix.replace(
    /^(on .*?: )((?:curl|dig|headscale|ip|iptables|journalctl|nft|openssl|ping|printf|ps|resolvectl|sed|ss|sysctl|systemctl|tailscale|tcpdump|timedatectl) .*?)(?=,? (?:again|and|then|via the|where|which|while|with|without)\b|$)/,
    "$1`$2`",
  );
}

function attemptText(attempt: Attempt): string {
  if (attempt.kind !== "command") return describeAttempt(attempt);
  return `on ${attempt.on}: \`${attempt.run.replaceAll("\n", "; ")}\``;
}

function fenced(text: string): string {
  return `\`\`\`console\n${text}\n\`\`\``;
}

function either(results: Case["symptoms"][number]["broken"]): string {
  return [results]
    .flat()
    .map((each) => `\`${each}\``)
    .join(" or ");
}

function pageLink(code: string): string {
  return `[${code} ${entryOf(code).name}](../doctor/${code}.md)`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function joined(parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}
