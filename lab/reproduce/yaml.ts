import { Document, isMap, isScalar, type Pair } from "yaml";
import { noteKey } from "./draft.ts";
import type { Reproduction } from "./reproduce.ts";
import { withoutFault } from "./without-fault.ts";

/** What a topology was made of. */
export interface Origin {
  /** The folder. */
  folder: string;
  /** What the doctor finds in it. */
  findings: readonly Found[];
}

/** A finding of the doctor's, in a line. */
export interface Found {
  code: string;
  line: string;
}

/** The topology's file, with what was seen and assumed as comments. */
export function topologyYaml(
  { declaration, notes, leftOut }: Reproduction,
  { folder, findings }: Origin,
): string {
  const { name, relays, networks, nodes, tailnet, faults } = declaration;
  const document = new Document({
    name,
    ...(isEmpty(tailnet) ? {} : { tailnet }),
    ...(relays === undefined ? {} : { relays }),
    ...(networks === undefined ? {} : { networks }),
    nodes,
    ...(faults === undefined ? {} : { faults }),
  });
  annotate(document.contents, [], notes);
  const lines = [
    ` Made by \`tailnet-lab reproduce\` from ${folder}.`,
    " Behind each line is what was seen, with the command and the machine, and what was assumed.",
    ...sections(leftOut, findings).flatMap((section) => ["", ...section.map((line) => ` ${line}`)]),
  ];
  document.commentBefore = lines.map((line) => line.replace(/\s*\n\s*/g, " ")).join("\n");
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** What there is to know of a topology before it is brought up: each section with its title first. */
export function sections(leftOut: readonly string[], findings: readonly Found[]): string[][] {
  const found = findings.filter(({ code }) => !withoutFault.has(code)).map(({ line }) => line);
  const others = findings.flatMap(({ code, line }) => {
    const reason = withoutFault.get(code);
    return reason === undefined ? [] : [`${line}: ${reason}`];
  });
  const all: [string, readonly string[]][] = [
    ["The doctor finds in the evidence:", found],
    ["The doctor finds in the evidence, and a topology can't have it:", others],
    ["Not reproduced:", leftOut],
  ];
  return all.flatMap(([title, entries]) =>
    entries.length === 0 ? [] : [[title, ...entries.map((entry) => `- ${entry}`)]],
  );
}

/** A list or an object that is told of has its comment above, a plain value behind it. */
function annotate(
  node: unknown,
  path: readonly string[],
  notes: ReadonlyMap<string, string>,
): void {
  if (!isMap(node)) return;
  for (const pair of node.items as Pair[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const inner = [...path, key];
    const note = notes.get(noteKey(inner))?.replace(/\s*\n\s*/g, " ");
    if (note !== undefined) {
      if (isScalar(pair.value)) pair.value.comment = ` ${note}`;
      else if (isScalar(pair.key)) pair.key.commentBefore = ` ${note}`;
    }
    annotate(pair.value, inner, notes);
  }
}

function isEmpty(value: object | undefined): boolean {
  return value === undefined || Object.values(value).every((inner) => isEmptyObject(inner));
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
