import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import type { ValidationIssue } from "../errors.ts";
import { isRefusedKey, type ReadDocument, refusedKey } from "./document.ts";

/** Reads HuJSON: JSON with comments and trailing commas. */
export function readHujson(text: string, file: string): ReadDocument {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || tree === undefined) {
    const issues = errors.map(({ error, offset }) => ({
      where: `${file}:${lineAndColumn(text, offset)}`,
      ...syntaxIssue(printParseErrorCode(error)),
    }));
    return { issues };
  }
  return {
    document: {
      value: getNodeValue(tree),
      placeOf: (path) => lineAndColumn(text, offsetOf(tree, path)),
    },
    issues: [],
  };
}

/** Keys that can't be taken, and those that one object has twice: JSON's readers disagree on which counts. */
export function keyIssues(text: string, file: string): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const visit = (node: Node): void => {
    const seen = new Set<unknown>();
    for (const child of node.children ?? []) {
      const key = node.type === "object" ? child.children?.[0] : undefined;
      if (key !== undefined && isRefusedKey(key.value)) {
        issues.push({ where: `${file}:${lineAndColumn(text, key.offset)}`, ...refusedKey });
      }
      if (key !== undefined && seen.has(key.value)) {
        issues.push({
          where: `${file}:${lineAndColumn(text, key.offset)}`,
          what: `the key ${key.value} is here a second time`,
          remedy: "take one of them away, or rename it",
        });
      }
      seen.add(key?.value);
      visit(child);
    }
  };
  const tree = parseTree(text, [], { allowTrailingComma: true });
  if (tree !== undefined) visit(tree);
  return issues;
}

function offsetOf(tree: Node, path: readonly PropertyKey[]): number {
  for (let end = path.length; end > 0; end--) {
    const steps = path
      .slice(0, end)
      .map((step) => (typeof step === "number" ? step : String(step)));
    const node = findNodeAtLocation(tree, steps);
    if (node !== undefined) return node.offset;
  }
  return tree.offset;
}

function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

/** What jsonc-parser's code means, and what to write instead. */
function syntaxIssue(code: string): { what: string; remedy: string } {
  const [what, remedy] = syntaxMessages[code] ?? [
    "syntax error",
    "write JSON; comments and trailing commas are allowed",
  ];
  return { what, remedy };
}

const syntaxMessages: Record<string, [what: string, remedy: string]> = {
  InvalidSymbol: ["this word is no JSON", 'put it in double quotes, such as "alice@"'],
  InvalidNumberFormat: ["this is no number", "write it in digits, or put it in double quotes"],
  PropertyNameExpected: ["a key is expected here", 'write a key in double quotes, such as "acls"'],
  ValueExpected: ["a value is expected here", "write a value, or close what is open"],
  ColonExpected: ["a colon is expected here", "write a colon between the key and its value"],
  CommaExpected: ["a comma is expected here", "write a comma between the entries"],
  CloseBraceExpected: ["a } is expected here", "close the object"],
  CloseBracketExpected: ["a ] is expected here", "close the list"],
  EndOfFileExpected: ["the document ended before this", "take away what follows the last }"],
  UnexpectedEndOfComment: ["a comment is not closed", "close it with */"],
  UnexpectedEndOfString: [
    "a string is not closed",
    "close it with a double quote on the same line",
  ],
  InvalidEscapeCharacter: ["this escape is unknown", "write \\\\ for a backslash"],
};
