import { cleanAll } from "../../lab/engine/clean.ts";
import type { Engine } from "../../lab/engine/engine.ts";
import { listLabs } from "../../lab/running/running-lab.ts";
import { isWarm } from "./warm-lab.ts";

/** Removes a run's warm labs, and what else it left: that is an error. */
export async function endRun(engine: Engine, run: string): Promise<void> {
  const labs = (await listLabs(engine)).filter((lab) => lab.run === run && isWarm(lab.name));
  for (const { name } of labs) await cleanAll(engine, { run, lab: name });
  const left = Object.values(await cleanAll(engine, { run })).flat();
  if (left.length > 0) throw new Error(`scenarios left behind: ${left.join(", ")}`);
}
