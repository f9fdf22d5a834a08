import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { isRefusedKey, type ReadDocument, refusedKey } from "./document.ts";

/** Reads YAML 1.2: one document; anchors and merge keys (`<<`) work, tags of other types don't. */
export function readYaml(text: string, file: string): ReadDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const issues = [...document.errors, ...document.warnings].map((error) => ({
    where: `${file}:${place(error.pos[0])}`,
    ...syntaxIssue(error),
  }));
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      issues.push({
        where: `${file}:${place(alias.range?.[0] ?? 0)}`,
        what: `there is no anchor ${alias.source} before this`,
        remedy: `write &${alias.source} where it is to be taken from, above`,
      });
    },
    Pair: (_key, { key }) => {
      if (!isScalar(key) || !isRefusedKey(key.value)) return;
      issues.push({ where: `${file}:${place(startOf(key) ?? 0)}`, ...refusedKey });
    },
  });
  if (issues.length > 0) return { issues };
  return {
    document: {
      // The limit keeps a few lines of nested aliases from growing without end.
      value: document.toJS({ maxAliasCount: 100 }),
      placeOf: (path) => place(offsetOf(document, path)),
    },
    issues: [],
  };
}

/** Of a value; of its key where it is a list or an object, which may begin on a later line. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    if (isMap(holder)) {
      const pair = holder.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) break;
      node = pair.value;
      const isShort = node !== null && !isCollection(node);
      offset = startOf(isShort ? node : pair.key) ?? offset;
    } else if (isSeq(holder) && holder.items[Number(step)] !== undefined) {
      node = holder.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

function syntaxIssue({ code, message }: YAMLError): { what: string; remedy: string } {
  const remedy = remedies[code];
  const what = code === "MULTIPLE_DOCS" ? "a second document begins here" : firstLower(message);
  return { what, remedy: remedy ?? "write YAML 1.2, indented by spaces" };
}

const remedies: Partial<Record<YAMLError["code"], string>> = {
  DUPLICATE_KEY: "take one of them away, or rename it",
  MULTIPLE_DOCS: "leave one document in the file, without a --- after it",
  TAB_AS_INDENT: "indent by spaces",
  TAG_RESOLVE_FAILED: "leave the tag (!…) out: plain values are all that there is",
};

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
