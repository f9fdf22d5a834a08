import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "./engine.ts";
import { type EngineEvent, openEvents } from "./events.ts";

/**
 * Waits until the engine has done what a process that was killed had asked of it for a lab: it goes on
 * with a request whose caller is gone, and lists a container or a network only once it is made. That work
 * shows in events; when none has come for `idleMs`, it is over. A stop's grace, 1 s, has no event.
 * @param prefix of Docker's names of the lab's things.
 * @param limitMs after which it goes on nevertheless: then somebody else is at work on the lab.
 * @throws LabError `EngineLost`; the signal's reason.
 */
export async function untilQuiet(
  engine: Engine,
  prefix: string,
  {
    idleMs = 2000,
    limitMs = 30_000,
    signal,
  }: { idleMs?: number; limitMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  let last = performance.now();
  const filters = { type: ["container" as const, "network" as const, "volume" as const] };
  using events = await openEvents(engine, filters, (event) => {
    if (isOf(event, prefix)) last = performance.now();
  });
  const limit = performance.now() + limitMs;
  for (;;) {
    const now = performance.now();
    const left = Math.min(last + idleMs, limit) - now;
    if (left <= 0) return;
    await Promise.race([pause(left, undefined, { signal }), events.ended]).catch((error) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** What runs in a container is no work on the lab. */
function isOf({ Action = "", Actor }: EngineEvent, prefix: string): boolean {
  if (Action.startsWith("exec_")) return false;
  const { name = "" } = Actor?.Attributes ?? {};
  return name.startsWith(prefix) || (Actor?.ID ?? "").startsWith(prefix);
}
