import { LabError } from "../errors.ts";

/** An idle timeout: a wait may take long as long as something moves. */
export interface IdleTimeout extends Disposable {
  /** Something moved: the time runs anew, and `seen` is the last thing seen. */
  moved(seen: string): void;
  /** Rejects with WaitTimedOut when nothing has moved for the limit. */
  readonly timedOut: Promise<never>;
}

/** `waitsFor` says, at the time of the failure, what is still awaited. */
export function idleTimeout(idleMs: number, where: string, waitsFor: () => string): IdleTimeout {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  let lastSeen = "nothing";
  const onTimeout = () =>
    reject(
      new LabError(
        "WaitTimedOut",
        `timed out after ${idleMs / 1000} s in which nothing changed, waiting for ${waitsFor()}`,
        {
          where,
          remedy: `last seen: ${lastSeen}`,
        },
      ),
    );
  let timer = setTimeout(onTimeout, idleMs);
  return {
    timedOut: promise,
    moved(seen) {
      lastSeen = seen;
      clearTimeout(timer);
      timer = setTimeout(onTimeout, idleMs);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
