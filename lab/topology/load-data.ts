import { readFile } from "node:fs/promises";
import type { ReadDocument, SourceDocument } from "./document.ts";
import { unreadable } from "./unreadable.ts";

/** Reads a topology that is data, without running anything of it. Throws LabError `TopologyUnreadable`. */
export async function loadData(file: string): Promise<SourceDocument> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(file, cause.message, { remedy: "make it readable for this user", cause });
  });
  const { document, issues } = await parse(text.replace(/^\uFEFF/, ""), file);
  if (document === undefined) {
    const count = issues.length === 1 ? "a syntax error" : `${issues.length} syntax errors`;
    throw unreadable(file, `it has ${count}`, { issues });
  }
  return { ...document, value: withoutSchema(document.value) };
}

async function parse(text: string, file: string): Promise<ReadDocument> {
  try {
    if (/\.ya?ml$/.test(file)) return (await import("./yaml.ts")).readYaml(text, file);
    const { keyIssues, readHujson } = await import("./hujson.ts");
    const read = readHujson(text, file);
    const issues = read.document === undefined ? [] : keyIssues(text, file);
    return issues.length === 0 ? read : { issues };
  } catch (cause) {
    // Nested too deeply, or too many aliases.
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), {
      remedy: "write it with less nesting and fewer aliases",
      cause,
    });
  }
}

/** `$schema` is for editors. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { $schema: _schema, ...declaration } = value as Record<string, unknown>;
  return declaration;
}
