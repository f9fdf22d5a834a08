import { z } from "zod";
import type { ValidationIssue } from "../errors.ts";
import { nearName } from "../near-name.ts";
import { readHujson } from "./hujson.ts";
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

/** Reads a policy in HuJSON. Each issue is told by `file:line:column`. */
export function readPolicy(text: string, file: string): ReadPolicy {
  const { document, issues: syntaxIssues } = readHujson(text, file);
  if (document === undefined) return { issues: syntaxIssues };
  const { value, placeOf } = document;
  const parsed = policySchema.safeParse(value, { error: remedies });
  if (parsed.success) return { policy: parsed.data, issues: [] };
  const issues = parsed.error.issues.flatMap((issue) =>
    schemaIssues(policySchema, value, [issue]).map(({ where, what, remedy }) => ({
      where: `${file}:${placeOf(issue.path)}`,
      what: issue.path.length === 0 ? what : `${where}: ${what}`,
      remedy,
    })),
  );
  return { issues };
}

/** Checks a policy that stands in the topology itself. Issues are told by `tailnet.policy.…`. */
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
