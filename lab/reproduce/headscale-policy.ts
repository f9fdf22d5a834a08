import { parse } from "jsonc-parser";
import { edit } from "./edit-policy.ts";

/**
 * A policy of Tailscale's own control server may say what Headscale has not, and refuses the whole policy for.
 * Source: `headscale policy check` of 0.29.3.
 */
const known = new Set(
  "groups tagOwners hosts acls grants ssh autoApprovers nodeAttrs randomizeClientPort tests sshTests".split(
    " ",
  ),
);
const approvers = new Set(["routes", "exitNode"]);
const rulesWith = {
  acls: new Set(["action", "src", "dst", "proto"]),
  grants: new Set(["src", "dst", "ip", "app", "via"]),
  ssh: new Set(["action", "src", "dst", "users", "checkPeriod", "acceptEnv"]),
};
/** Who is an admin, or shares a node, the policy does not say. */
const unknownSource = /^(?:autogroup:(?!member$|tagged$|danger-all$)|ipset:|svc:)/;
const unknownTarget = /^(?:ipset:|svc:)/;

interface Written {
  [key: string]: unknown;
}

/** The policy as Headscale takes it, and what of it is left out, in words. */
export function forHeadscale(policy: string): { text: string; without: string[] } {
  const without = new Set<string>();
  let text = policy.replaceAll('"autogroup:members"', '"autogroup:member"');
  const root = objectOf(parse(text, [], { allowTrailingComma: true }));
  const drop = (what: string, ...path: (string | number)[]) => {
    without.add(what);
    text = edit(text, path, undefined);
  };
  const keep = (isFit: (name: string) => boolean, ...path: (string | number)[]) => {
    const names = stringsOf(path.reduce<unknown>((at, key) => objectOf(at)[key], root));
    const fit = names.filter(isFit);
    if (fit.length === names.length) return names;
    for (const name of names.filter((each) => !isFit(each))) without.add(name);
    text = edit(text, path, fit);
    return fit;
  };
  const isNoAutogroup = (name: string) => !name.startsWith("autogroup:");

  for (const tag of Object.keys(objectOf(root.tagOwners))) keep(isNoAutogroup, "tagOwners", tag);
  for (const route of Object.keys(objectOf(objectOf(root.autoApprovers).routes))) {
    keep(isNoAutogroup, "autoApprovers", "routes", route);
  }
  keep(isNoAutogroup, "autoApprovers", "exitNode");
  for (const [kind, keys] of Object.entries(rulesWith)) {
    // From the last, as the others keep their places.
    for (const [index, rule] of [...listOf(root[kind]).entries()].reverse()) {
      const sources = keep((name) => !unknownSource.test(name), kind, index, "src");
      const targets = keep((name) => !unknownTarget.test(name), kind, index, "dst");
      if (sources.length === 0 || targets.length === 0) {
        text = edit(text, [kind, index], undefined);
        continue;
      }
      for (const key of Object.keys(rule)) if (!keys.has(key)) drop(key, kind, index, key);
    }
  }
  for (const [index, rule] of [...listOf(root.nodeAttrs).entries()].reverse()) {
    if (stringsOf(rule.attr).includes("funnel")) drop("funnel", "nodeAttrs", index);
    else if ("ipPool" in rule) drop("ipPool", "nodeAttrs", index);
  }
  for (const key of Object.keys(objectOf(root.autoApprovers))) {
    if (!approvers.has(key)) drop(key, "autoApprovers", key);
  }
  for (const key of Object.keys(root)) if (!known.has(key)) drop(key, key);
  return { text, without: [...without] };
}

function objectOf(value: unknown): Written {
  return typeof value === "object" && value !== null ? (value as Written) : {};
}

function listOf(value: unknown): Written[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
