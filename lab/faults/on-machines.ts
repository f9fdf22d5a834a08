import type { StoredStep } from "./store.ts";

/** Each machine's steps one after the other, the machines at once. All are tried; the first failure is thrown. */
export async function onMachines(
  steps: readonly StoredStep[],
  work: (step: StoredStep) => Promise<void>,
): Promise<void> {
  const machines = Map.groupBy(steps, ({ step }) => step.node);
  const results = await Promise.allSettled(
    [...machines.values()].map(async (own) => {
      for (const step of own) await work(step);
    }),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
