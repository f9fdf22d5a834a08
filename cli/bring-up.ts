import { waitDiagnosed } from "../lab/engine/preflight/diagnosis.ts";
import { clearUndeclared, injectDeclared } from "../lab/faults/declared.ts";
import { type FaultRecord, readFaults } from "../lab/faults/record.ts";
import { faultsIn, heldStill } from "../lab/faults/still.ts";
import { waitConverged } from "../lab/running/convergence.ts";
import { waitReady } from "../lab/running/ready.ts";
import { rejoinOut, rejoinUnknown } from "../lab/running/rejoin.ts";
import { RunningLab } from "../lab/running/running-lab.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import { waitSettings } from "../lab/running/settings.ts";
import type { Fault } from "../lab/topology/faults.ts";
import type { StackOptions, StackResult } from "../stacks/up.ts";
import type { Shared } from "./command.ts";
import { lostFaults } from "./fault-report.ts";

/**
 * Brings a prepared stack up, waits until its tailnet has converged, and injects the faults that it has not yet. Faults
 * that the lab has stay: a machine that one holds stopped or paused is not started nor waited for, nor are the settings
 * where one is on control; one that is lost with a machine that was made anew is told. With any the tailnet may never converge: there that is not waited for. Without any, whom
 * somebody has deleted at control, logged out or stopped by hand is logged in again.
 * @throws LabError as upStack and the waits do
 */
export async function bringUp(
  stack: StackOptions,
  { progress, signal }: Shared,
  declared: readonly Fault[] = [],
): Promise<{ lab: RunningLab; result: StackResult; faults: FaultRecord[] }> {
  // Terraform's parts take longer to load than other commands to run.
  const { upStack } = await import("../stacks/up.ts");
  const { lab: name } = stack.plan();
  const before = await faultsIn(name);
  const result = await upStack({ ...stack, still: heldStill(before) });
  const lab = await RunningLab.find(name, { run: "stack" });
  const held = await clearUndeclared(lab, declared, signal);
  for (const line of lostFaults(before, held)) progress.tell?.(line);
  const still = heldStill(held);
  const nodes = lab.nodes.filter(({ name }) => !still.includes(name));
  await progress.step("Wait until every node is ready", (detail) =>
    waitDiagnosed(
      lab.engine,
      stack.imageRef({ program: "base" }),
      (stop) => waitReady(nodes, { detail, signal: stop }),
      signal,
    ),
  );
  if (!held.some((record) => record.nodes.includes("control"))) {
    await progress.step("Wait until control has taken over the settings", () =>
      waitSettings(lab, { signal }),
    );
  }
  if (held.length === 0) {
    const isNew = ({ name }: RunningNode) => [result.created, result.changed].flat().includes(name);
    const joined = lab.ofKind("tailscale").filter((node) => !isNew(node));
    const again = await rejoinUnknown(lab, joined, signal);
    const onOut = async (name: string, state: string) => {
      const node = joined.find((each) => each.name === name);
      if (node !== undefined) again.push(await rejoinOut(node, state, signal));
    };
    await progress.step("Wait until the tailnet has converged", (detail) =>
      waitConverged(lab, { detail, onOut, signal }),
    );
    for (const line of again) progress.tell?.(line);
  } else {
    progress.tell?.(`Lab ${name} has faults, with which its tailnet may not converge`);
  }
  if (declared.length > 0) {
    await progress.step("Inject the faults that are declared", () =>
      injectDeclared(lab, declared, signal),
    );
  }
  const faults = held.length + declared.length === 0 ? [] : await readFaults(lab);
  return { lab, result, faults };
}
