import type { RunningLab } from "../running/running-lab.ts";
import type { FaultDeclaration } from "../topology/faults.ts";
import { clearIfThere } from "./clear.ts";
import { inject } from "./inject.ts";

/** Injects a fault, which is cleared when the result is disposed of; one that was there already stays. */
export async function injectUntilDisposed(
  lab: RunningLab,
  fault: FaultDeclaration,
): Promise<AsyncDisposable> {
  const injected = await inject(lab, fault);
  return {
    async [Symbol.asyncDispose]() {
      if (injected.state === "injected") await clearIfThere(lab, injected.record.id);
    },
  };
}
