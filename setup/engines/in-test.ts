import { LabError } from "../../lab/errors.ts";
import { plainProgress, silent } from "../../lab/progress.ts";
import versions from "../../versions.json" with { type: "json" };
import { type Outcome, oneFailed } from "../suite/outcome.ts";
import { current } from "./combinations.ts";
import { copyImages } from "./copy-images.ts";
import { startOwnEngine } from "./own-engine.ts";
import { ensureEnginePackages, whyNoOwnEngine } from "./packages.ts";
import { dockerd, ensureEnginePart, runc } from "./programs.ts";
import { runScenarios } from "./run-scenarios.ts";

/** The scenario that shows that a lab comes up, reaches, denies, and is taken down. */
const scenario = "scenarios/engine.test.ts";

interface SecondEngine {
  title: string;
  /** Runs the scenario on it. A machine that can't have it says why, and skips. */
  check(): Promise<Outcome>;
}

/** Begins to build Docker Engine, of least priority, so that it is there when its check comes. */
export function prepareSecondEngine(signal: AbortSignal): SecondEngine {
  const ready = whyNoOwnEngine().then(async (why) => {
    if (why === undefined) await ensureEnginePart(dockerd, silent, { nice: 19, signal });
    return why;
  });
  // Told where it is asked for.
  ready.catch(() => {});
  return {
    title: `Docker Engine ${versions.docker}: a lab comes up, reaches, denies, is taken down`,
    async check() {
      try {
        const why = await plainProgress().step(dockerd.title, () => ready);
        if (why === undefined) return await onSecondEngine(signal);
        console.log(`skipped: ${why}`);
        return { passed: 0, failed: 0, skipped: 1 };
      } catch (error) {
        if (!signal.aborted && !(error instanceof LabError)) throw error;
        console.error(String(error));
        return oneFailed;
      }
    },
  };
}

async function onSecondEngine(signal: AbortSignal): Promise<Outcome> {
  const progress = plainProgress();
  await ensureEnginePackages(progress, ["nft"]);
  const built = {
    docker: await ensureEnginePart(dockerd, progress, { signal }),
    runc: await ensureEnginePart(runc, progress, { signal }),
  };
  await using second = await startOwnEngine({ ...current, built });
  await copyImages(second.engine);
  return await runScenarios(second, current, [scenario], signal);
}
