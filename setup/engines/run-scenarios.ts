import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, runCounting } from "../suite/outcome.ts";
import type { Combination } from "./combinations.ts";
import type { OwnEngine } from "./own-engine.ts";

/** Runs scenarios on an engine; `words` are files, and options of Vitest's. Their output is shown. */
export async function runScenarios(
  { address }: OwnEngine,
  { name }: Combination,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-lab-engines-"));
  try {
    const file = join(folder, "report.json");
    const { outcome } = await runCounting(
      [
        ...["vitest", "run", "--project", "scenarios*", "--reporter=default"],
        ...["--reporter=json", `--outputFile.json=${file}`, ...words],
      ],
      file,
      {
        output: "shown",
        signal,
        env: {
          DOCKER_HOST: address,
          TAILNET_LAB_ARTIFACTS: join("artifacts", "engines", name.replaceAll(" ", "-")),
        },
      },
    );
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
