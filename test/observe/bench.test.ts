import { describe, expect, test } from "vitest";
import { LabError } from "../../lab/errors.ts";
import type { Connection } from "../../lab/observe/matrix.ts";
import type { Outcome, ReachResult } from "../../lab/observe/outcome.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { reachPairs, sample } from "../../scenarios/bench/pairs.ts";
import { exitCodeOf, type Measured, measuredRow, remarks } from "../../scenarios/bench/report.ts";

function result(outcome: Outcome): ReachResult {
  return { outcome, address: "100.64.0.1", seenFrom: null, latencyMs: 1, detail: "", output: "" };
}

const connections: Connection[] = ["b", "c", "d"].map((to) => ({
  from: { name: "a" } as RunningNode,
  to,
  target: { host: "100.64.0.1", port: 7, protocol: "tcp", service: "tcp-echo" },
}));

/** Answers each round with the next list, and notes whom it was asked for. */
function asking(...rounds: (ReachResult | LabError)[][]) {
  const asked: string[][] = [];
  const ask = async (some: readonly Connection[]) => {
    asked.push(some.map(({ to }) => to));
    return rounds.shift() ?? [];
  };
  return { ask, asked };
}

describe("pairs", () => {
  const reached = result("reached");

  test("only what failed is asked again, and named", async () => {
    const { ask, asked } = asking([reached, result("timeout"), reached], [reached]);
    expect(await reachPairs(connections, ask)).toMatchObject({
      pairs: 3,
      reached: 3,
      secondTry: ["a → c: timeout"],
      missed: [],
    });
    expect(asked).toEqual([["b", "c", "d"], ["c"]]);
  });

  test("what fails twice is missed; a check that failed is too", async () => {
    const broken = new LabError("NodeFailed", "the probe itself failed", { where: "a" });
    const { ask } = asking([reached, result("timeout"), broken], [result("closed"), broken]);
    expect(await reachPairs(connections, ask)).toMatchObject({
      pairs: 3,
      reached: 1,
      secondTry: [],
      missed: ["a → c: closed", "a → d: the probe itself failed"],
    });
  });

  test("a sample has no pair twice", () => {
    const all = Array.from({ length: 50 }, (_, index) => index);
    const some = sample(all, 20);
    expect(new Set(some).size).toBe(20);
    expect(sample(all, 100)).toEqual(all);
  });
});

describe("the report", () => {
  const measured: Measured = {
    lab: "bench-50",
    clients: 50,
    containers: 54,
    stages: { started: 10, booted: 5, joined: 0.5 },
    joined: 15.5,
    pairs: { pairs: 2450, reached: 2450, seconds: 31, secondTry: ["a → b: timeout"], missed: [] },
    clean: 4,
    floor: { containers: 6, tailscaleUp: 1 },
  };

  test("ratios stand beside what is aimed at", () => {
    expect(measuredRow(measured)).toContain(" 2.2 > 2.2 ");
    expect(measuredRow(measured)).toContain(" 2.0 > 1.5 ");
    expect(measuredRow({ ...measured, joined: 14 })).toContain(" 2.0 ≤ 2.2 ");
    expect(measuredRow({ ...measured, clients: 6 })).toMatch(/ 2\.2 /);
  });

  test("a lab that did not start has a row of what was measured, and its error", () => {
    const failed: Measured = { lab: "bench-9", clients: 9, error: "no room" };
    expect(measuredRow(failed)).toMatch(/^bench-9 +9( +-)+$/);
    expect(remarks(failed)).toEqual(["bench-9: no room"]);
    expect(exitCodeOf([measured, failed])).toBe(1);
  });

  test("a second try is told and is no failure; a pair that is missed is one", () => {
    expect(remarks(measured)).toEqual(["bench-50: at the second try only: 1 (a → b: timeout)"]);
    expect(exitCodeOf([measured])).toBe(0);
    const names = Array.from({ length: 12 }, (_, index) => `a → ${index}: timeout`);
    const missing = {
      ...measured,
      pairs: { pairs: 12, reached: 0, seconds: 1, secondTry: [], missed: names },
    };
    expect(remarks(missing)).toEqual([
      expect.stringMatching(/not reached: 12 \(.*; and 2 more\)$/),
    ]);
    expect(exitCodeOf([missing])).toBe(1);
  });
});
