import PQueue from "p-queue";
import { type Engine, engineCall, engineStatus } from "./engine.ts";
import { type EngineEvents, openEvents } from "./events.ts";

/*
 * Docker counts a network's endpoints wrongly when two of them come or go at the same moment
 * (`atomicIncDecEpCnt` in libnetwork's endpoint_cnt.go changes a count that goroutines share, and
 * changes it again when its write was overtaken). A network whose count is too high can't be
 * removed until the engine restarts. So endpoints come and go one after the other; the rest of a
 * start or a removal goes on beside the next. It costs no time: the engine is no faster all at once.
 */

/** Containers of one process, waiting to connect to networks as they start, or to leave them. */
export class EndpointQueue implements Disposable {
  readonly #engine: Engine;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #connected = new Map<string, () => void>();
  #events: Promise<EngineEvents> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async #follow(): Promise<EngineEvents> {
    const filters = { type: ["network" as const], event: ["connect"] };
    const events = await openEvents(this.#engine, filters, ({ Actor }) => {
      this.#connected.get(Actor?.Attributes?.container ?? "")?.();
    });
    // A stream that breaks tells nothing more; then a start's own end takes it off the queue.
    events.ended.catch(() => {});
    return events;
  }

  /**
   * Waits until a container may start; one with a higher priority goes ahead of those that wait. The
   * next one follows when all its `networks` are connected, or when the result is disposed of, as it
   * must be where the start fails.
   */
  async toStart(containerId: string, networks: number, priority = 0): Promise<Disposable> {
    this.#events ??= this.#follow();
    await this.#events;
    const { promise: first, resolve: begin } = Promise.withResolvers<void>();
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const run = () => {
      begin();
      return over;
    };
    void this.#queue.add(run, { priority });
    await first;
    let left = networks;
    if (left === 0) end();
    this.#connected.set(containerId, () => {
      left -= 1;
      if (left <= 0) end();
    });
    return {
      [Symbol.dispose]: () => {
        this.#connected.delete(containerId);
        end();
      },
    };
  }

  /** Takes a container off its networks after those before it in the queue: see `disconnect`. */
  async toLeave(containerId: string, networks: readonly string[]): Promise<void> {
    await this.#queue.add(() => disconnect(this.#engine, containerId, networks));
  }

  [Symbol.dispose](): void {
    // Where it could not be opened, whoever waited to start has been told.
    this.#events?.then(
      (events) => events[Symbol.dispose](),
      () => {},
    );
  }
}

/**
 * Takes a container off its networks, one after the other, before it is removed. Networks are ids
 * or names. What is gone or was never connected is no error.
 */
export async function disconnect(
  engine: Engine,
  containerId: string,
  networks: readonly string[],
): Promise<void> {
  for (const network of networks) {
    try {
      await engineCall(
        engine.getNetwork(network).disconnect({ Container: containerId, Force: true }),
      );
    } catch (error) {
      // The engine has several words and codes for what is not there; its removal will tell more.
      if (engineStatus(error) === undefined) throw error;
    }
  }
}

/**
 * Takes all containers off a network, a stranger's too: the engine removes none that has any. A
 * network that is gone has none.
 */
export async function disconnectAll(engine: Engine, network: string): Promise<void> {
  let containers: string[];
  try {
    const { Containers } = await engineCall(engine.getNetwork(network).inspect());
    containers = Object.keys(Containers ?? {});
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
    return;
  }
  for (const container of containers) await disconnect(engine, container, [network]);
}
