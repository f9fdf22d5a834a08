import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { pinnedImages } from "../../lab/plan/images.ts";
import { plainProgress } from "../../lab/progress.ts";
import { reapAfter } from "./reaper.ts";
import { run } from "./run.ts";

/** Makes the images once for all files, and proves at the end that no file left anything. */
export default async function setup(): Promise<() => Promise<void>> {
  process.env.TAILNET_LAB_RUN = run;
  const engine = await connectEngine();
  reapAfter({ run });
  await ensureImages(pinnedImages, plainProgress());
  return async () => {
    const left = Object.values(await cleanAll(engine, { run })).flat();
    if (left.length > 0) throw new Error(`scenarios left behind: ${left.join(", ")}`);
  };
}
