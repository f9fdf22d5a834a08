import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { label, type NodeSpec } from "../lab/plan/plan.ts";
import type { RunningLab } from "../lab/running/running-lab.ts";
import { labState, terraformDirectory } from "../stacks/state.ts";

const stackSchema = z.object({
  resource: z.object({
    docker_container: z.record(
      z.string(),
      z.object({ labels: z.array(z.object({ label: z.string(), value: z.string() })) }),
    ),
  }),
});

/**
 * What the last `up` from this directory would have in the lab, by its stack's JSON: an `up` that was killed made a part
 * of it. Empty where the lab was brought up from elsewhere, or by a scenario.
 */
export async function declaredNodes(lab: Pick<RunningLab, "name" | "run">): Promise<NodeSpec[]> {
  if (lab.run !== "stack") return [];
  const file = join(terraformDirectory(labState(process.cwd(), lab.name)), "cdk.tf.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  const stack = text === undefined ? undefined : stackSchema.safeParse(parseJson(text)).data;
  return Object.values(stack?.resource.docker_container ?? {}).flatMap(({ labels }) => {
    const spec = labels.find((each) => each.label === label.spec)?.value;
    return spec === undefined ? [] : [JSON.parse(spec) as NodeSpec];
  });
}

/** An `up` that was killed may have written half of it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
