/** Where Terraform never asks for one that it planned, as when its network failed, the others go on after this time. */
const limitMs = 3000;

/**
 * The containers that are to start before all others. Terraform has no order among containers but by
 * dependence, which would also serialise their removal; its plan says which will come.
 */
export class FirstStarts {
  readonly #expected = new Set<string>();
  #waiting: (() => void)[] = [];

  /** Terraform has planned to create it. */
  expect(name: string): void {
    this.#expected.add(name);
  }

  /** It has started, or failed. */
  ended(name: string): void {
    this.#expected.delete(name);
    if (this.#expected.size === 0) this.#release();
  }

  /** Resolves when none is expected any more, or after the limit. */
  async allStarted(timeoutMs = limitMs): Promise<void> {
    if (this.#expected.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(() => {
      this.#expected.clear();
      this.#release();
    }, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
