import { z } from "zod";
import { type Part, partAt } from "./address.ts";

/** One thing that `up` would do. */
export interface Change extends Part {
  action: "create" | "replace" | "update" | "remove";
  /** In words: what differs between the declaration and the engine. */
  why: string;
}

const values = z.record(z.string(), z.unknown()).nullable();
const resourceChange = z.object({
  address: z.string(),
  action_reason: z.string().optional(),
  change: z.object({
    actions: z.array(z.string()),
    before: values,
    after: values,
    replace_paths: z.array(z.array(z.unknown())).optional(),
  }),
});

/** What `terraform show -json` says of a plan, as far as we read it. */
export const shownPlan = z.object({
  resource_changes: z.array(resourceChange).default([]),
  resource_drift: z.array(resourceChange).default([]),
});
type ShownPlan = z.output<typeof shownPlan>;
type ResourceChange = z.output<typeof resourceChange>;

export function readChanges(plan: ShownPlan): Change[] {
  const drifts = new Map(plan.resource_drift.map((drift) => [drift.address, drift]));
  return plan.resource_changes.flatMap((each): Change[] => {
    const part = partAt(each.address);
    const action = actionOf(each.change.actions);
    if (part === undefined || action === undefined) return [];
    return [{ ...part, action, why: reason(action, each, drifts.get(each.address)) }];
  });
}

function actionOf(actions: readonly string[]): Change["action"] | undefined {
  switch (actions.join()) {
    case "create":
      return "create";
    case "delete":
      return "remove";
    case "update":
      return "update";
    case "delete,create":
    case "create,delete":
      return "replace";
    default:
      return undefined;
  }
}

function reason(
  action: Change["action"],
  { change, action_reason }: ResourceChange,
  drift: ResourceChange | undefined,
): string {
  if (action === "create") {
    return drift?.change.actions.includes("delete") ? "it is gone from the engine" : "it is new";
  }
  if (action === "remove") return "it is declared no longer";
  if (action_reason === "replace_because_tainted") return "its last start failed";
  const before = change.before ?? {};
  const after = change.after ?? {};
  const names =
    action === "replace"
      ? [...new Set((change.replace_paths ?? []).map(([name]) => String(name)))]
      : Object.keys(after).filter((name) => !isSame(before[name], after[name]));
  const drifted = (name: string) =>
    drift !== undefined && !isSame(drift.change.before?.[name], drift.change.after?.[name]);
  return names.map((name) => words(name, before[name], after[name], drifted(name))).join("; ");
}

function words(name: string, before: unknown, after: unknown, drifted: boolean): string {
  switch (name) {
    case "must_run":
      return "it does not run";
    case "networks_advanced":
      return drifted ? "it was disconnected from a network" : "its networks change";
    case "upload":
      return `files change: ${changedFiles(before, after).join(", ")}`;
    case "image":
      return "its image changes";
    case "labels":
      return "its description changes";
    case "ipam_config":
      return "its Docker subnet changes";
    default:
      return drifted ? `its ${name} was changed on the engine` : `its ${name} changes`;
  }
}

const uploads = z.array(z.looseObject({ file: z.string() })).catch([]);

function changedFiles(before: unknown, after: unknown): string[] {
  const files = (value: unknown) =>
    new Map(uploads.parse(value).map((upload) => [upload.file, JSON.stringify(upload)]));
  const [old, fresh] = [files(before), files(after)];
  const paths = [...new Set([...old.keys(), ...fresh.keys()])];
  return paths.filter((path) => old.get(path) !== fresh.get(path)).sort();
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
