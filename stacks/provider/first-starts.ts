/** Where Terraform never asks for one that it planned, as when its network failed, the others go on after this time. */
const limitMs = 3000;

/**
 * The containers that are to start before all others. Terraform has no order among containers but by
 * dependence, which would also serialise their removal; its plan says which will come.
 */
export class FirstStarts {
  readonly #expected = new Set<string>();
  readonly #begun = new Set<string>();
  #waiting: (() => void)[] = [];

  /** Terraform has planned to create it. */
  expect(name: string): void {
    this.#expected.add(name);
  }

  /** Terraform asks for it: it will end. */
  begin(name: string): void {
    this.#begun.add(name);
  }

  /** It has started, or failed. */
  ended(name: string): void {
    this.#expected.delete(name);
    this.#releaseIfNone();
  }

  /** Resolves when none is expected any more; those that Terraform has not asked for are after the limit. */
  async allStarted(timeoutMs = limitMs): Promise<void> {
    if (this.#expected.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(() => {
      for (const name of this.#expected) {
        if (!this.#begun.has(name)) this.#expected.delete(name);
      }
      this.#releaseIfNone();
    }, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  #releaseIfNone(): void {
    if (this.#expected.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
