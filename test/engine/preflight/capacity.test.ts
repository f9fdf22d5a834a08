import { expect, test } from "vitest";
import { capacityFault } from "../../../lab/engine/preflight/capacity.ts";

const mebibyte = 2 ** 20;

test("a lab needs about 30 MiB for each container", () => {
  expect(capacityFault(10, { memoryBytes: 300 * mebibyte })).toBeUndefined();
  expect(capacityFault(10, { memoryBytes: 299 * mebibyte })).toMatchObject({
    name: "MemoryShort",
    what: "10 more containers need about 300 MiB, and the engine's machine has 299 MiB",
  });
});

test("processes and threads count against the machine's limit, with those that run", () => {
  expect(capacityFault(10, { tasks: { used: 700, limit: 1000 } })).toBeUndefined();
  expect(capacityFault(10, { tasks: { used: 701, limit: 1000 } })).toMatchObject({
    name: "TasksShort",
    what: expect.stringContaining("of 1000 the engine's machine has 299 left"),
  });
});

test("a lab that runs already needs nothing more, and what is not known hinders nobody", () => {
  expect(capacityFault(0, { memoryBytes: 0, tasks: { used: 9, limit: 9 } })).toBeUndefined();
  expect(capacityFault(-2, { memoryBytes: 0 })).toBeUndefined();
  expect(capacityFault(1000, {})).toBeUndefined();
});
