import { z } from "zod";
import { type Change, readChanges, shownPlan } from "./changes.ts";
import type { RunOptions, Terraform } from "./terraform.ts";

export interface PlanChangesOptions extends Omit<RunOptions, "onEvent"> {
  /** Where the plan goes, for a later `apply`. */
  planFile: string;
  /** Further arguments of `terraform plan`. */
  args: readonly string[];
}

/** The changes that Terraform plans, and how many resources they are. */
export interface PlannedChanges {
  changes: Change[];
  resources: number;
}

const summary = z.object({ add: z.number(), change: z.number(), remove: z.number() });

/**
 * What an apply would do, with the reasons; a plan without changes is read no further.
 * @throws LabError as Terraform's `run`.
 */
export async function planChanges(
  terraform: Terraform,
  { planFile, args, ...options }: PlanChangesOptions,
): Promise<PlannedChanges> {
  let resources = 0;
  await terraform.run(["plan", "-json", "-input=false", ...args, `-out=${planFile}`], {
    ...options,
    onEvent: ({ type, changes }) => {
      if (type !== "change_summary" || changes === undefined) return;
      const { add, change, remove } = summary.parse(changes);
      resources = add + change + remove;
    },
  });
  if (resources === 0) return { changes: [], resources };
  const { cwd, signal } = options;
  const shown = await terraform.read(["show", "-json", planFile], { cwd, signal });
  return { changes: readChanges(shownPlan.parse(shown)), resources };
}
