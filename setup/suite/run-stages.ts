import type { Outcome, Output, Ran } from "./outcome.ts";

export interface Stage {
  name: string;
  title: string;
  /** Whether it needs neither the engine nor the result of another: all such run side by side. */
  isQuick: boolean;
  /** Whether it must have passed for those behind it. */
  isRequired?: boolean;
  /** Whether it is run after an interrupt too, as it tidies up. */
  isLast?: boolean;
  run(output: Output, signal: AbortSignal): Promise<Ran>;
}

/**
 * Runs stages to the end and reports them. Where `signal` aborts, what runs is stopped, and the rest but the last
 * left out. @returns the exit code
 */
export async function runStages(
  stages: readonly Stage[],
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const outcomes: [Stage, Outcome][] = [];
  const quick = stages.filter((stage) => stage.isQuick);
  const done = quick.map(async (stage) => {
    const { outcome, output = "" } = await timed(
      stage,
      quick.length > 1 ? "held" : "shown",
      signal,
    );
    if (signal.aborted) return;
    if (outcome.failed > 0 || stage.name === "unit") console.log(output.trimEnd());
    outcomes.push([stage, outcome]);
  });
  await Promise.all(done);
  let isMissing = false;
  for (const stage of stages.filter((each) => !each.isQuick)) {
    if (signal.aborted && stage.isLast !== true) continue;
    if (isMissing) {
      console.log(`\n== ${stage.title}: left out`);
      outcomes.push([stage, { passed: 0, failed: 1, skipped: 0 }]);
      continue;
    }
    const { outcome } = await timed(stage, "shown", signal);
    if (signal.aborted && stage.isLast !== true) continue;
    outcomes.push([stage, outcome]);
    isMissing = stage.isRequired === true && outcome.failed > 0;
  }
  if (signal.aborted) console.log("\ninterrupted: what was not run yet was left out");
  return report(outcomes);
}

async function timed(stage: Stage, output: Output, signal: AbortSignal): Promise<Ran> {
  const since = Date.now();
  if (output === "shown") console.log(`\n== ${stage.title}`);
  const ran = await stage.run(output, signal);
  const { failed, passed } = ran.outcome;
  const isStopped = signal.aborted && stage.isLast !== true;
  const word = isStopped ? "stopped" : failed > 0 ? "FAILED" : passed > 0 ? "passed" : "skipped";
  console.log(`== ${stage.title}: ${word} in ${((Date.now() - since) / 1000).toFixed(1)} s`);
  return ran;
}

function report(outcomes: readonly [Stage, Outcome][]): number {
  const sum = (key: keyof Outcome) => outcomes.reduce((total, [, one]) => total + one[key], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  console.log("");
  for (const [{ title }, outcome] of outcomes) {
    if (outcome.failed > 0) console.log(`FAILED: ${title}`);
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 ? 1 : 0;
}
