import { setTimeout } from "node:timers/promises";

/** Longer than one container takes to stop and go on a busy machine. */
const idleMs = 10_000;

/**
 * What this provider removes while it creates. Terraform orders a resource's own removal before its
 * creation, but not another's whose address or subnet is taken over.
 */
export class Removals {
  #waiting: (() => void)[] = [];

  /** One has ended. */
  ended(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /**
   * Attempts again after each removal that ends, as long as the engine refuses with `conflict`.
   * Throws the engine's refusal when no removal has ended for ten seconds.
   */
  async onceFree<T>(conflict: RegExp, attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      const next = new Promise<true>((resolve) => this.#waiting.push(() => resolve(true)));
      try {
        return await attempt();
      } catch (error) {
        if (!conflict.test(String(error))) throw error;
        // Stopped as soon as one has ended: a timer holds the process.
        const timer = new AbortController();
        const timeout = setTimeout(idleMs, false, { signal: timer.signal });
        const isFree = await Promise.race([next, timeout]);
        timer.abort();
        if (!isFree) throw error;
      }
    }
  }
}
