import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { z } from "zod";
import type { ValidationIssue } from "../errors.ts";
import { nearName } from "../near-name.ts";
import type { Topology } from "./schema.ts";
import { pathText, remedies, schemaIssues } from "./schema-issues.ts";

/**
 * As much of a policy's shape as the lab itself reads. What rules mean, and which keys there are,
 * is Headscale's to say: it checks the whole policy when it is set.
 * Source: Headscale 0.29, hscontrol/policy/v2/types.go.
 */
const names = z.array(z.string());
const rule = z.looseObject({ src: names, dst: names });
const test = z.looseObject({
  src: z.string(),
  accept: names.optional(),
  deny: names.optional(),
});
const policySchema = z.looseObject({
  groups: z
    .record(z.string().regex(/^group:/, "write a group such as group:admins"), names)
    .default({}),
  tagOwners: z
    .record(z.string().regex(/^tag:/, "write a tag such as tag:server"), names)
    .default({}),
  hosts: z.record(z.string(), z.string()).optional(),
  acls: z.array(rule).optional(),
  grants: z.array(rule).optional(),
  autoApprovers: z
    .looseObject({ routes: z.record(z.string(), names).optional(), exitNode: names.optional() })
    .optional(),
  tests: z.array(test).optional(),
});

export type Policy = z.output<typeof policySchema>;

/** A policy that was read, or what is wrong with it. */
export type ReadPolicy =
  | { policy: Policy; issues: [] }
  | { policy?: never; issues: ValidationIssue[] };

/** Reads HuJSON: JSON with comments and trailing commas. Faults are told by `file:line:column`. */
export function readPolicy(text: string, file: string): ReadPolicy {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || tree === undefined) {
    const issues = errors.map(({ error, offset }) => ({
      where: `${file}:${lineAndColumn(text, offset)}`,
      ...syntaxFault(printParseErrorCode(error)),
    }));
    return { issues };
  }

  const value: unknown = getNodeValue(tree);
  const parsed = policySchema.safeParse(value, { error: remedies });
  if (parsed.success) return { policy: parsed.data, issues: [] };
  const issues = parsed.error.issues.flatMap((issue) => {
    const place = `${file}:${lineAndColumn(text, offsetOf(tree, issue.path))}`;
    return schemaIssues(policySchema, value, [issue]).map(({ where, what, remedy }) => ({
      where: place,
      what: issue.path.length === 0 ? what : `${where}: ${what}`,
      remedy,
    }));
  });
  return { issues };
}

/** Checks a policy that stands in the topology itself. Faults are told by `tailnet.policy.…`. */
export function checkInlinePolicy(value: Record<string, unknown>): ReadPolicy {
  const parsed = policySchema.safeParse(value, { error: remedies });
  if (parsed.success) return { policy: parsed.data, issues: [] };
  return {
    issues: parsed.error.issues.flatMap((zodIssue) =>
      schemaIssues(policySchema, value, [zodIssue]).map((issue) => ({
        ...issue,
        where: pathText(["tailnet", "policy", ...zodIssue.path]),
      })),
    ),
  };
}

/** Tags of nodes that the policy gives no owner; `source` is the policy's file or path. */
export function tagOwnerIssues(
  topology: Topology,
  policy: Policy,
  source: string,
): ValidationIssue[] {
  const owned = Object.keys(policy.tagOwners);
  return Object.entries(topology.nodes).flatMap(([name, node]) =>
    (node.kind === "tailscale" ? (node.tags ?? []) : []).flatMap(
      (tag, index): ValidationIssue[] => {
        if (owned.includes(tag)) return [];
        const near = nearName(tag, owned);
        return [
          {
            where: `nodes.${name}.tags[${index}]`,
            what: `${tag} has no owner in ${source}`,
            remedy:
              near === undefined
                ? `add "${tag}": ["group:…"] to tagOwners, with those who may give it`
                : `did you mean ${near}? Else add ${tag} to tagOwners`,
          },
        ];
      },
    ),
  );
}

/**
 * The users that a policy mentions as `alice@`, without the @, sorted. Headscale has to know them
 * before it accepts the policy, even where no node is theirs.
 */
export function policyUsers(policy: Policy): string[] {
  const users = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") {
      // `alice@`, and as a destination `alice@:22`; `alice@example.com` is an e-mail address.
      const user = /^([^@:]+)@(?::.*)?$/.exec(value)?.[1];
      if (user !== undefined) users.add(user);
    } else if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) visit(inner);
    }
  };
  visit(policy);
  return [...users].sort();
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

/** In words: what jsonc-parser's code says, and what to write instead. */
function syntaxFault(code: string): { what: string; remedy: string } {
  const [what, remedy] = syntaxWords[code] ?? [
    "syntax error",
    "write JSON; comments and trailing commas are allowed",
  ];
  return { what, remedy };
}

const syntaxWords: Record<string, [what: string, remedy: string]> = {
  InvalidSymbol: ["this word is no JSON", 'put it in double quotes, such as "alice@"'],
  InvalidNumberFormat: ["this is no number", "write it in digits, or put it in double quotes"],
  PropertyNameExpected: ["a key is expected here", 'write a key in double quotes, such as "acls"'],
  ValueExpected: ["a value is expected here", "write a value, or close what is open"],
  ColonExpected: ["a colon is expected here", "write a colon between the key and its value"],
  CommaExpected: ["a comma is expected here", "write a comma between the entries"],
  CloseBraceExpected: ["a } is expected here", "close the object"],
  CloseBracketExpected: ["a ] is expected here", "close the list"],
  EndOfFileExpected: ["the policy ended before this", "take away what follows the last }"],
  UnexpectedEndOfComment: ["a comment is not closed", "close it with */"],
  UnexpectedEndOfString: [
    "a string is not closed",
    "close it with a double quote on the same line",
  ],
  InvalidEscapeCharacter: ["this escape is unknown", "write \\\\ for a backslash"],
};
