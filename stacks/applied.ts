import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Engine } from "../lab/engine/engine.ts";
import { resourceType } from "./provider/resources.ts";
import { fitState, type ObjectValue, sameValue } from "./provider/values.ts";
import { type LabState, terraformStateFile } from "./state.ts";

/** What Terraform's state file says of each thing that it made. */
const stateSchema = z.object({
  resources: z.array(
    z.object({
      type: z.string(),
      instances: z.array(
        z.object({
          attributes: z.record(z.string(), z.unknown()),
          status: z.string().optional(),
        }),
      ),
    }),
  ),
});

/**
 * Whether a plan of Terraform would be empty, told without Terraform, whose start takes longer than all of this: the
 * stack's JSON and the state are those that the last apply ended with, and the engine has each thing as the state says.
 * False where any of that is not so or can't be read: Terraform then tells what and why.
 * @param directory of the stack's JSON
 */
export async function isApplied(
  engine: Engine,
  state: LabState,
  directory: string,
): Promise<boolean> {
  const file = terraformStateFile(state);
  // A user's own Terraform is at work.
  if (existsSync(join(file, "..", ".terraform.tfstate.lock.info"))) return false;
  try {
    const noted = await readFile(noteFile(state), "utf8");
    if (noted !== (await fingerprint(state, directory))) return false;
    const { resources } = stateSchema.parse(JSON.parse(await readFile(file, "utf8")));
    const answers = await Promise.all(
      resources.flatMap(({ type, instances }) =>
        instances.map((instance) => isAsStated(engine, type, instance)),
      ),
    );
    return answers.every(Boolean);
  } catch {
    return false;
  }
}

/** Notes that the engine has what the stack's JSON says. */
export async function noteApplied(state: LabState, directory: string): Promise<void> {
  await writeFile(noteFile(state), await fingerprint(state, directory));
}

async function isAsStated(
  engine: Engine,
  typeName: string,
  { attributes, status }: { attributes: Record<string, unknown>; status?: string | undefined },
): Promise<boolean> {
  if (status !== undefined) return false;
  const type = resourceType(typeName);
  const { schema } = type;
  const stated = fitState(schema, attributes as ObjectValue);
  const found = await type.read(engine, stated);
  if (found === null) return false;
  return Object.keys(stated).every((name) =>
    sameValue(schema, name, stated[name] ?? null, found[name] ?? null),
  );
}

async function fingerprint(state: LabState, directory: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [join(directory, "cdk.tf.json"), terraformStateFile(state)]) {
    hash.update(await readFile(file)).update("\0");
  }
  return hash.digest("hex");
}

function noteFile({ directory }: LabState): string {
  return join(directory, "applied");
}
