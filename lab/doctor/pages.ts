import { catalogue } from "./catalogue.ts";
import type { CatalogueEntry } from "./finding.ts";

/** A page of docs/doctor/. */
export interface Page {
  file: string;
  text: string;
}

const effects = {
  error: "An error: connections fail.",
  warning: "A warning: connections work, and something makes them worse than they should be.",
  info: "For information: nothing is wrong, and that is why a connection goes as it does.",
} as const;

/** A page for each code, and a list of all. */
export function doctorPages(): Page[] {
  return [listOf(catalogue), ...catalogue.map(pageOf)];
}

function pageOf({ code, name, severity, title, explanation, sources }: CatalogueEntry): Page {
  const seeAlso = sources.map((source) => `- ${sourceLink(source)}`);
  const lines = [
    `# ${code} ${name}`,
    title,
    effects[severity],
    explanation,
    ...(seeAlso.length === 0 ? [] : ["## Sources", seeAlso.join("\n")]),
    "[All causes](README.md)",
  ];
  return { file: `${code}.md`, text: `${lines.join("\n\n")}\n` };
}

function listOf(entries: readonly CatalogueEntry[]): Page {
  const rows = entries.map(
    ({ code, name, severity, title }) =>
      `| [${code}](${code}.md) | ${name} | ${severity} | ${title} |`,
  );
  const text = `# Causes that the doctor tells

A code is permanent, and never used again for something else.

| code | name | severity | what is the case |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
  return { file: "README.md", text };
}

/** An issue, as `tailscale/tailscale#1413`, or an address. */
function sourceLink(source: string): string {
  const issue = /^([\w.-]+\/[\w.-]+)#(\d+)$/.exec(source);
  if (issue === null) return `<${source}>`;
  return `[${source}](https://github.com/${issue[1]}/issues/${issue[2]})`;
}
