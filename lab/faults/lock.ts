import { setTimeout as pause } from "node:timers/promises";
import { acquireLock, type Holder, type Lock } from "../engine/lock.ts";
import { LabError } from "../errors.ts";
import type { RunningLab } from "../running/running-lab.ts";

/** A restarted machine takes its seconds; several of them, a minute. In ms. */
const limitMs = 120_000;
const askAgainMs = 50;

/**
 * Lets one process at a time change a lab's faults, one after the other.
 * @throws LabError `LabLocked` with the other's process id and purpose
 */
export async function lockFaults(
  lab: RunningLab,
  purpose: string,
  signal?: AbortSignal,
): Promise<Lock> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const answer = await acquireLock(`faults/${lab.name}/${lab.run}`, purpose);
    if ("lock" in answer) return answer.lock;
    if (answer.holder.isSilent || performance.now() > limit) throw locked(lab, answer.holder);
    await pause(askAgainMs, undefined, { signal });
  }
}

function locked({ name }: RunningLab, { pid, purpose }: Holder): LabError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new LabError("LabLocked", `${who} changes the faults of lab ${name} (${purpose})`, {
    where: name,
    remedy:
      pid === undefined ? "wait until it has ended" : `wait until it has ended, or: kill ${pid}`,
  });
}
