import { connectEngine } from "../../lab/engine/engine.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { pinnedImages } from "../../lab/plan/images.ts";
import { plainProgress } from "../../lab/progress.ts";
import { endRun } from "./end-run.ts";
import { reapAfter } from "./reaper.ts";
import { run, sharedRun } from "./run.ts";

/**
 * Makes the images once for all files, and proves at the end that no file left anything but warm
 * labs, unless the run is another process's, which does that.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (sharedRun !== undefined) return undefined;
  process.env.TAILNET_LAB_RUN = run;
  const engine = await connectEngine();
  reapAfter({ run });
  await ensureImages(pinnedImages, plainProgress());
  return () => endRun(engine, run);
}
