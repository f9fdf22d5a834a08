import { waitDiagnosed } from "../lab/engine/preflight/diagnosis.ts";
import { waitConverged } from "../lab/running/convergence.ts";
import { waitReady } from "../lab/running/ready.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import { waitSettings } from "../lab/running/settings.ts";
import type { StackOptions, StackResult } from "../stacks/up.ts";
import type { Shared } from "./command.ts";

/**
 * Brings a prepared stack up and waits until its tailnet has converged.
 * @throws LabError as upStack and the waits do
 */
export async function bringUp(
  stack: StackOptions,
  { progress, signal }: Shared,
): Promise<{ lab: RunningLab; result: StackResult }> {
  // Terraform's parts take longer to load than other commands to run.
  const { upStack } = await import("../stacks/up.ts");
  const { lab: name } = stack.plan();
  const result = await upStack(stack);
  const lab = await RunningLab.find(name, { run: "stack" });
  await progress.step("Wait until every node is ready", (detail) =>
    waitDiagnosed(
      lab.engine,
      stack.imageRef({ program: "base" }),
      (stop) => waitReady(lab.nodes, { detail, signal: stop }),
      signal,
    ),
  );
  await progress.step("Wait until control has taken over the settings", () =>
    waitSettings(lab, { signal }),
  );
  await progress.step("Wait until the tailnet has converged", (detail) =>
    waitConverged(lab, { detail, signal }),
  );
  return { lab, result };
}
