import { z } from "zod";
import { label, type NodeSpec } from "../lab/plan/plan.ts";
import { type Part, partAt } from "./address.ts";
import { subjectsOf } from "./file-subjects.ts";

/** One thing that `up` would do. */
export interface Change extends Omit<Part, "kind"> {
  /** `settings`: what the running machines of the lab follow. */
  kind: Part["kind"] | "settings";
  /** `in place`: no machine is stopped. */
  action: "create" | "in place" | "restart" | "replace" | "remove";
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
    const action = actionOf(each.change);
    if (part === undefined || action === undefined) return [];
    const why = reason(action, each, drifts.get(each.address));
    const kind = isOneShot(each.change) ? "settings" : part.kind;
    return [{ ...part, kind, action, why }];
  });
}

/** Whether it is a container that runs to its end: nothing stops where another takes its place. */
function isOneShot({ before, after }: ResourceChange["change"]): boolean {
  return (after ?? before)?.attach === true;
}

function actionOf(change: ResourceChange["change"]): Change["action"] | undefined {
  switch (change.actions.join()) {
    case "create":
      return "create";
    case "delete":
      return "remove";
    case "update":
      return change.after?.must_run === true && change.before?.must_run === false
        ? "restart"
        : "in place";
    case "delete,create":
    case "create,delete":
      return isOneShot(change) ? "in place" : "replace";
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
  const replaced = (change.replace_paths ?? []).map(([name]) => String(name));
  const names =
    replaced.length > 0
      ? [...new Set(replaced)]
      : Object.keys(after).filter((name) => !isSame(before[name], after[name]));
  const drifted = (name: string) =>
    drift !== undefined && !isSame(drift.change.before?.[name], drift.change.after?.[name]);
  // Labels and the version in a command repeat what files say.
  const told = names.includes("upload")
    ? names.filter((name) => name !== "labels" && !(isOneShot(change) && name === "command"))
    : names;
  const reasons = told.map((name) =>
    isOneShot(change) && name === "upload"
      ? subjectsOf(changedFiles(before.upload, after.upload)).join(", ")
      : describeChange(name, before[name], after[name], drifted(name)),
  );
  return [...new Set(reasons)].join("; ");
}

function describeChange(name: string, before: unknown, after: unknown, drifted: boolean): string {
  switch (name) {
    case "must_run":
      return "it does not run";
    case "attach":
      return "its last run failed";
    case "networks_advanced":
      return drifted ? "it was disconnected from a network" : "its networks change";
    case "upload":
      return filesChange(changedFiles(before, after));
    case "image":
      return "its image changes";
    case "entrypoint":
    case "command":
      return "its boot script changes";
    case "env":
      return "its environment changes";
    case "labels":
      return specChange(specOf(before), specOf(after));
    case "ipam_config":
      return "its Docker subnet changes";
    default:
      return drifted ? `its ${name} was changed on the engine` : `its ${name} changes`;
  }
}

const labels = z.array(z.object({ label: z.string(), value: z.string() })).catch([]);

/** Of what a container's label says of its machine. */
function specOf(value: unknown): Partial<NodeSpec> {
  const spec = labels.parse(value).find(({ label: name }) => name === label.spec)?.value;
  return JSON.parse(spec ?? "{}") as Partial<NodeSpec>;
}

function specChange(before: Partial<NodeSpec>, after: Partial<NodeSpec>): string {
  const parts: [string, unknown, unknown][] = [
    ["its network changes", before.network, after.network],
    ["its address changes", before.addresses, after.addresses],
    ["its services change", before.services, after.services],
    ["its user changes", before.tailnet?.user, after.tailnet?.user],
    ["its tags change", before.tailnet?.tags, after.tailnet?.tags],
    ["the tailnet's domain changes", before.tailnet?.domain, after.tailnet?.domain],
  ];
  const told = parts.flatMap(([why, old, fresh]) => (isSame(old, fresh) ? [] : [why]));
  return told.length === 0 ? "its description changes" : told.join("; ");
}

function filesChange(paths: readonly string[]): string {
  const subjects = subjectsOf(paths);
  const known = subjects.filter((subject) => !subject.startsWith("/"));
  const others = subjects.filter((subject) => subject.startsWith("/"));
  return [
    ...(known.length === 0 ? [] : [`its ${known.join(" and ")} change`]),
    ...(others.length === 0 ? [] : [`files change: ${others.join(", ")}`]),
  ].join("; ");
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
