import { LabError } from "../errors.ts";

/** A limit on standing still: a wait may take long as long as something moves. */
export interface IdleTimeout extends Disposable {
  /** Something moved: the time runs anew, and `seen` is the last thing seen. */
  moved(seen: string): void;
  /** Rejects with WaitTimedOut when nothing has moved for the limit. */
  readonly stalled: Promise<never>;
}

/** `waitsFor` says, at the time of the failure, what is still awaited. */
export function idleTimeout(idleMs: number, where: string, waitsFor: () => string): IdleTimeout {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  let lastSeen = "nothing";
  const onStall = () =>
    reject(
      new LabError(
        "WaitTimedOut",
        `waited for ${waitsFor()}; nothing moved for ${idleMs / 1000} s`,
        {
          where,
          remedy: `last seen: ${lastSeen}`,
        },
      ),
    );
  let timer = setTimeout(onStall, idleMs);
  return {
    stalled: promise,
    moved(seen) {
      lastSeen = seen;
      clearTimeout(timer);
      timer = setTimeout(onStall, idleMs);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
