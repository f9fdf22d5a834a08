import type { ResourceSchema } from "./schema.ts";
import { type ObjectValue, sameValue, unknown } from "./values.ts";

export interface PlannedChange {
  planned: ObjectValue | null;
  /** Attributes and blocks whose change makes a new resource of it. */
  requiresReplace: string[];
}

/**
 * What an apply would make of a resource. Terraform proposes the configuration laid over the
 * prior state; what the engine computes is unknown until the resource exists.
 */
export function planChange(
  schema: ResourceSchema,
  prior: ObjectValue | null,
  proposed: ObjectValue | null,
): PlannedChange {
  if (proposed === null) return { planned: null, requiresReplace: [] };
  if (prior === null) {
    const planned = { ...proposed };
    for (const [name, { mode }] of Object.entries(schema.attributes)) {
      if (mode === "computed") planned[name] = unknown;
    }
    return { planned, requiresReplace: [] };
  }
  const names = [...Object.keys(schema.attributes), ...Object.keys(schema.blocks)];
  const requiresReplace = names.filter(
    (name) =>
      schema.attributes[name]?.updatable !== true &&
      !sameValue(schema, name, prior[name] ?? null, proposed[name] ?? null),
  );
  return { planned: proposed, requiresReplace };
}
