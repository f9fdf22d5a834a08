import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import type { Engine } from "../../lab/engine/engine.ts";

function engineWith(events: PassThrough): Engine {
  return { getEvents: async () => events } as unknown as Engine;
}

test("containers start one after the other, the first by priority; a connection lets the next one go", async () => {
  const events = new PassThrough();
  using queue = new EndpointQueue(engineWith(events));
  const started: string[] = [];
  const start = async (id: string, priority = 0) => {
    await queue.toStart(id, 1, priority);
    started.push(id);
  };
  const all = [start("a"), start("b"), start("control", 1)];
  await all[0];
  await setImmediate();
  expect(started).toEqual(["a"]);
  for (const container of ["a", "control", "b"]) {
    events.write(`${JSON.stringify({ Actor: { Attributes: { container } } })}\n`);
    await setImmediate();
  }
  await Promise.all(all);
  expect(started).toEqual(["a", "control", "b"]);
});

test("a start that fails lets the next one go", async () => {
  using queue = new EndpointQueue(engineWith(new PassThrough()));
  const first = await queue.toStart("a", 2);
  const second = queue.toStart("b", 1);
  first[Symbol.dispose]();
  await expect(second).resolves.toBeDefined();
});

test("an engine that goes away breaks its stream of events and nothing else", async () => {
  const events = new PassThrough();
  using queue = new EndpointQueue(engineWith(events));
  const first = await queue.toStart("a", 1);
  events.destroy(new Error("socket hang up"));
  await setImmediate();
  first[Symbol.dispose]();
  await expect(queue.toStart("b", 1)).resolves.toBeDefined();
});
