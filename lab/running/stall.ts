import { LabError } from "../errors.ts";

/** A limit on standing still: a wait may take long as long as something moves. */
export interface StallLimit extends Disposable {
  /** Something moved: the time runs anew, and `seen` is the last thing seen. */
  moved(seen: string): void;
  /** Rejects with WaitStalled when nothing has moved for the limit. */
  readonly stalled: Promise<never>;
}

/** `waitsFor` says, at the time of the failure, what is still awaited. */
export function stallLimit(stallMs: number, where: string, waitsFor: () => string): StallLimit {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  let lastSeen = "nothing";
  const onStall = () =>
    reject(
      new LabError(
        "WaitStalled",
        `waited for ${waitsFor()}; nothing moved for ${stallMs / 1000} s`,
        {
          where,
          remedy: `last seen: ${lastSeen}`,
        },
      ),
    );
  let timer = setTimeout(onStall, stallMs);
  return {
    stalled: promise,
    moved(seen) {
      lastSeen = seen;
      clearTimeout(timer);
      timer = setTimeout(onStall, stallMs);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
