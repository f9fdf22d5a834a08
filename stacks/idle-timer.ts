export interface IdleTimer {
  /** Something moved: the time begins anew. */
  moved(): void;
  /** From now on with another limit, in ms. */
  limitTo(ms: number): void;
  end(): void;
}

/** Calls `onIdle` once, with the limit, when nothing has moved for that long. */
export function idleTimer(limitMs: number, onIdle: (ms: number) => void): IdleTimer {
  let ms = limitMs;
  const start = () => setTimeout(() => onIdle(ms), ms);
  let timer = start();
  const moved = () => {
    clearTimeout(timer);
    timer = start();
  };
  return {
    moved,
    limitTo(other) {
      ms = other;
      moved();
    },
    end: () => clearTimeout(timer),
  };
}
