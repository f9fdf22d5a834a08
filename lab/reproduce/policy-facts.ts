import { isIP } from "node:net";
import { parse } from "jsonc-parser";
import { type Policy, readPolicy } from "../topology/policy.ts";
import { prefix } from "../topology/prefix.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import { edit } from "./edit-policy.ts";
import type { Listening, NodeFacts, TailnetFacts } from "./facts.ts";
import { forHeadscale } from "./headscale-policy.ts";
import { type UserNames, userNames } from "./names.ts";

/**
 * The policy as it was, with what the lab needs beside: users by the lab's names, owners of all tags, and what was
 * approved by hand approved by a rule. Its tests are left out: they change nothing that it allows, and may be about
 * what the lab has not.
 */
export function addPolicy(draft: Draft, facts: TailnetFacts, file: string): string | undefined {
  const read = facts.policy === undefined ? undefined : readPolicy(facts.policy.value, "policy");
  if (facts.policy !== undefined && read?.policy === undefined) {
    draft.leftOut.push(
      `the policy (${facts.policy.from}), which can't be read: ${read?.issues[0]?.what}`,
    );
  }
  const policy = read?.policy;
  const written = policy === undefined ? "" : (facts.policy?.value ?? "");
  const path = ["tailnet", "policy"];
  if (policy === undefined) {
    assumed(draft, path, "everyone may reach everything, as no policy was seen");
  } else {
    saw(draft, path, facts.policy?.from ?? "");
  }
  let text = written;
  for (const key of ["tests", "sshTests"]) {
    if (policy?.[key] !== undefined) text = edit(text, [key], undefined);
  }
  if (text !== written) saw(draft, path, "its tests, which are left out");
  const { text: accepted, without } = forHeadscale(text);
  if (without.length > 0) {
    draft.leftOut.push(
      `of the policy (${facts.policy?.from}), which Headscale has not: ${without.join(", ")}; rules for these alone are left out`,
    );
  }
  text = withUsers(accepted, draft.userName);
  const tags = facts.nodes.flatMap(({ tags }) => tags?.value ?? []);
  const unowned = [...new Set(tags)].filter((tag) => policy?.tagOwners[tag] === undefined);
  const approvals = approvalsByHand(draft, facts.nodes, policy);
  if (policy === undefined && unowned.length === 0 && approvals.length === 0) return undefined;
  if (text === "") text = '{\n  "grants": [{ "src": ["*"], "dst": ["*"], "ip": ["*"] }]\n}\n';
  for (const tag of unowned) {
    text = edit(text, ["tagOwners", tag], []);
    assumed(draft, path, `an owner of ${tag}`);
  }
  for (const { route, by } of approvals) {
    const keys = prefix(route).length === 0 ? ["exitNode"] : ["routes", route];
    const before: string[] = valueAt(text, ["autoApprovers", ...keys]) ?? [];
    if (before.includes(by)) continue;
    text = edit(text, ["autoApprovers", ...keys], [...before, by]);
    assumed(draft, path, `${route} of ${by} approved by a rule, as it was approved by hand`);
  }
  draft.declaration.tailnet = { ...draft.declaration.tailnet, policy: file };
  return text;
}

/** Routes that are approved though no rule does it, and the user or tag whose they are. */
function approvalsByHand(
  { userName }: Draft,
  nodes: readonly NodeFacts[],
  policy: Policy | undefined,
) {
  return nodes.flatMap(({ approved, tags, user }) => {
    const by = tags?.value[0] ?? (user === undefined ? undefined : `${userName(user.value)}@`);
    if (by === undefined) return [];
    return (approved?.value ?? [])
      .filter((route) => !isApprovedByRule(route, tags?.value ?? namesOf(user?.value), policy))
      .map((route) => ({ route, by }));
  });
}

/** Whether one of a node's tags, or its user, is an approver of a route. */
export function isApprovedByRule(
  route: string,
  owners: readonly string[],
  policy: Policy | undefined,
): boolean {
  const { exitNode = [], routes = {} } = policy?.autoApprovers ?? {};
  const of = prefix(route);
  const approvers =
    of.length === 0
      ? exitNode
      : Object.entries(routes).flatMap(([range, by]) => {
          const outer = prefix(range);
          const isWithin =
            outer.version === of.version && outer.first <= of.first && of.last <= outer.last;
          return isWithin ? by : [];
        });
  const groups = approvers.flatMap((by) => policy?.groups[by] ?? [by]);
  return owners.some((owner) => groups.includes(owner));
}

/** As a policy may name a user. */
export function namesOf(user: string | undefined): string[] {
  return user === undefined ? [] : [user, `${user}@`];
}

const quotedUser = /"((?:src:)?)([\w.+-]+@(?:[\w-]+(?:\.[\w-]+)*)?)((?::[\d*,-]+)?)"/g;

/** The names of all users that nodes and the policy tell of. */
export function userNamesOf({ nodes, policy }: TailnetFacts): UserNames {
  const inPolicy = [...(policy?.value ?? "").matchAll(quotedUser)].map(([, , user = ""]) => user);
  return userNames([...nodes.flatMap(({ user }) => user?.value ?? []), ...inPolicy]);
}

/** `alice@example.com` is alice@ in a lab, whose control knows users by their names alone. */
function withUsers(text: string, userName: UserNames): string {
  return text.replace(
    quotedUser,
    (_all, before: string, user: string, port: string) => `"${before}${userName(user)}@${port}"`,
  );
}

function valueAt(text: string, path: readonly string[]): string[] | undefined {
  const root: unknown = parse(text, [], { allowTrailingComma: true });
  return path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    root,
  ) as string[] | undefined;
}

/** A machine that the policy names by its address, and the ports that it lets anyone use there. */
export interface NamedHost {
  name: string;
  address: string;
  ports: Listening[];
}

/** The policy's `hosts` with one address. */
export function hostsOf(facts: TailnetFacts): NamedHost[] {
  const read = facts.policy === undefined ? undefined : readPolicy(facts.policy.value, "policy");
  const policy = read?.policy;
  return Object.entries(policy?.hosts ?? {}).flatMap(([name, text]) => {
    const address = text.replace(/\/32$/, "");
    if (isIP(address) !== 4) return [];
    return [
      { name, address, ports: policy === undefined ? [] : portsTo(policy, [name, address, text]) },
    ];
  });
}

function portsTo(policy: Policy, targets: readonly string[]): Listening[] {
  const ofGrants = (policy.grants ?? []).flatMap((grant) => {
    if (!grant.dst.some((to) => targets.includes(to))) return [];
    return (Array.isArray(grant.ip) ? grant.ip : []).flatMap((ip) => portOf(String(ip)));
  });
  const ofAcls = (policy.acls ?? []).flatMap(({ dst, proto }) =>
    dst.flatMap((to) => {
      const [, target = "", ports = ""] = /^(.*):([^:]*)$/.exec(to) ?? [];
      if (!targets.includes(target)) return [];
      return ports.split(",").flatMap((port) => portOf(`${proto ?? "tcp"}:${port}`));
    }),
  );
  return [...ofGrants, ...ofAcls];
}

function portOf(text: string): Listening[] {
  const [, protocol = "tcp", port] = /^(?:(tcp|udp):)?(\d+)$/.exec(text) ?? [];
  return port === undefined ? [] : [{ protocol: protocol as "tcp" | "udp", port: Number(port) }];
}
