import type { Mutation } from "./mutation.ts";

/** These wait longest: half a minute and more, for paths and relays. They go first, so that none is left over. */
const longest = ["relay-fallback", "lifecycle", "isolation"];

/**
 * Which mutant is next, in a random order. Of those that use a warm lab, one of each scenario at a time: two
 * would need two labs of the same topology.
 */
export class Schedule {
  private readonly waiting: Mutation[];
  private readonly busy = new Set<string>();

  constructor(mutations: readonly Mutation[], seed: number) {
    const order = mutations
      .map((mutation) => ({ mutation, key: random(`${seed} ${mutation.name}`) }))
      .sort((a, b) => a.key - b.key)
      .map(({ mutation }) => mutation);
    const isLong = ({ scenario }: Mutation) => longest.includes(scenario);
    this.waiting = [...order.filter(isLong), ...order.filter((each) => !isLong(each))];
  }

  /** @returns undefined where none is left; disposing of it lets the next one of its scenario go. */
  next(): ({ mutation: Mutation } & Disposable) | undefined {
    const free = this.waiting.findIndex(
      (each) => !usesWarmLab(each) || !this.busy.has(each.scenario),
    );
    const [mutation] = this.waiting.splice(Math.max(0, free), 1);
    if (mutation === undefined) return undefined;
    const holds = usesWarmLab(mutation) && !this.busy.has(mutation.scenario);
    if (holds) this.busy.add(mutation.scenario);
    return {
      mutation,
      [Symbol.dispose]: () => {
        if (holds) this.busy.delete(mutation.scenario);
      },
    };
  }
}

function usesWarmLab({ applied, injected }: Mutation): boolean {
  return applied !== undefined || injected !== undefined;
}

/** FNV-1a, 32 bits: the same number for the same text. */
function random(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
