import type { Readable } from "node:stream";
import type { GetEventsOptions } from "dockerode";
import { type Engine, engineCall, engineLost } from "./engine.ts";
import { linesOf } from "./lines.ts";

/** As much of an event as we read; engines add to it. */
export interface EngineEvent {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

/** The engine's events as they come, until disposed of. */
export interface EngineEvents extends Disposable {
  /** Resolves when disposed of; rejects with EngineLost where the engine ends the stream. */
  readonly ended: Promise<void>;
}

export async function openEvents(
  engine: Engine,
  filters: GetEventsOptions["filters"],
  onEvent: (event: EngineEvent) => void,
): Promise<EngineEvents> {
  const stream = (await engineCall(engine.getEvents({ filters }))) as Readable;
  let isDisposed = false;
  const read = async () => {
    try {
      for await (const line of linesOf(stream)) onEvent(JSON.parse(line) as EngineEvent);
    } catch (error) {
      if (!isDisposed) throw engineLost(error);
    }
    if (!isDisposed) throw engineLost(new Error("it ended its events"));
  };
  return {
    ended: read(),
    [Symbol.dispose]() {
      isDisposed = true;
      stream.destroy();
    },
  };
}
