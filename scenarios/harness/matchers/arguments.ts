import { z } from "zod";
import { LabError } from "../../../lab/errors.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import { remedies, schemaIssues } from "../../../lab/topology/schema-issues.ts";
import type { FailedOutcome } from "./reach.ts";

/**
 * What each matcher takes after its subject, in order. Vitest checks no types: a claim with a misspelt key would hold
 * for something else than was meant.
 */

function isNode(value: unknown): value is RunningNode {
  return typeof (value as RunningNode | undefined)?.exec === "function";
}
const node = z.custom(isNode, 'write lab.node("NAME")');
const target = z.custom(
  (value) => isNode(value) || (typeof value === "string" && value !== ""),
  'write lab.node("NAME"), a name or an address',
);
const name = z.string().min(1, "write a name");
const port = z.int().min(1).max(65_535).optional();
const protocol = z.enum(["tcp", "udp", "icmp"]).optional();
const seconds = z.int().min(1).optional();
const failed = z.enum([
  "refused",
  "timeout",
  "unanswered",
  "closed",
  "bad-answer",
  "unresolved",
  "unreachable",
] satisfies FailedOutcome[]);

const reach = z.strictObject({
  port,
  protocol,
  by: z.enum(["name", "ipv4", "ipv6"]).optional(),
  seenFrom: z.string().optional(),
  seconds,
});
const denial = z.strictObject({
  port,
  protocol,
  by: z.enum(["ipv4", "ipv6"]).optional(),
  allowed: z.strictObject({ port, protocol, back: z.literal(true).optional() }),
});

/** By the names that a failure calls them by. */
export const takes = {
  toReach: z.strictObject({ target, expectation: reach.optional() }),
  toFailToReach: z.strictObject({
    target,
    expectation: reach.extend({
      as: z.union([failed, z.array(failed).min(1)], `write one of ${failed.options.join(", ")}`),
    }),
  }),
  toBeDenied: z.strictObject({ target: node, expectation: denial }),
  toAllBeReached: z.strictObject({ expectation: z.strictObject({ seconds }).optional() }),
  toAllMeetSilence: z.strictObject({ expectation: z.strictObject({ seconds }).optional() }),
  toBeDirectTo: z.strictObject({ target: node }),
  toBeRelayedTo: z.strictObject({
    target: node,
    expectation: z.strictObject({ via: name.optional() }).optional(),
  }),
  toResolve: z.strictObject({
    name,
    expectation: z.strictObject({ to: name.optional() }).optional(),
  }),
  toFindNoName: z.strictObject({ name }),
};

/** Throws UsageInvalid, with every issue. */
export function assertArguments(matcher: keyof typeof takes, args: readonly unknown[]): void {
  const schema = takes[matcher];
  const names = Object.keys(schema.shape);
  const given = Object.fromEntries(
    args.map((value, index) => [names[index] ?? `argument ${index + 1}`, value]),
  );
  const { error } = schema.safeParse(given, { error: remedies });
  if (error === undefined) return;
  throw new LabError("UsageInvalid", `${matcher} can't be called so`, {
    issues: schemaIssues(schema, given, error.issues),
  });
}
