import { expect, test } from "vitest";
import { nextId, recordsOf, sameFault } from "../../lab/faults/record.ts";
import type { FoundStep } from "../../lab/faults/store.ts";
import type { Fault } from "../../lab/topology/faults.ts";

const fault: Fault = { kind: "stop", node: "phone" };

function step(id: string, index: number, change: Partial<FoundStep> = {}): FoundStep {
  return {
    id,
    index,
    count: 2,
    at: "2026-01-02T03:04:05.678Z",
    origin: "command",
    fault,
    step: { kind: "state", node: index === 0 ? "phone" : "laptop", state: "stopped" },
    isPending: false,
    isCleared: false,
    ...change,
  };
}

test("the steps of a fault are one fault, the oldest first, whichever machine tells first", () => {
  const records = recordsOf([step("f2", 0), step("f1", 1), step("f2", 1), step("f1", 0)]);
  expect(records.map(({ id, nodes, isWhole }) => ({ id, nodes, isWhole }))).toEqual([
    { id: "f1", nodes: ["laptop", "phone"], isWhole: true },
    { id: "f2", nodes: ["laptop", "phone"], isWhole: true },
  ]);
});

test("a fault of which a machine has lost its part is not whole; one that is cleared is none", () => {
  expect(recordsOf([step("f1", 0)]).map(({ isWhole }) => isWhole)).toEqual([false]);
  expect(recordsOf([step("f1", 0, { isCleared: true })])).toEqual([]);
});

test("the same fault is found by what it says", () => {
  const records = recordsOf([step("f1", 0)]);
  expect(sameFault(records, { ...fault })?.id).toBe("f1");
  expect(sameFault(records, { kind: "stop", node: "laptop" })).toBeUndefined();
});

test("ids follow the clock, and each other where the clock stands or goes back", () => {
  const now = Date.parse("2026-01-02T03:04:05.678Z");
  const first = nextId([], now);
  const records = recordsOf([step(first, 0)]);
  expect(nextId(records, now) > first).toBe(true);
  expect(nextId(records, now - 60_000) > first).toBe(true);
  expect(nextId(records, now + 1) > first).toBe(true);
  expect(first).toMatch(/^f[0-9a-z]{8}$/);
});
