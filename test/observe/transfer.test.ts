import { expect, test } from "vitest";
import { parseTransfer, slowBelowKbit } from "../../lab/observe/transfer.ts";

test.each([
  ["done 256000 100\n", { outcome: "fast", kbitPerSecond: 20_480 }],
  ["done 256000 4000\n", { outcome: "slow", kbitPerSecond: 512 }],
  ["unfinished 100000 20000\n", { outcome: "slow", kbitPerSecond: 40 }],
  ["stalled 12000 6000\n", { outcome: "stalls", receivedKilobytes: 12 }],
  ["closed 0 10\n", { outcome: "closed" }],
  ["errno ECONNREFUSED 0\n", { outcome: "no-connection", error: "ECONNREFUSED" }],
])("%j", (line, expected) => {
  expect(parseTransfer("laptop", line)).toEqual(expected);
});

test("what is just at the threshold is fast", () => {
  const line = `done ${slowBelowKbit * 125} 1000`;
  expect(parseTransfer("laptop", line)).toMatchObject({ outcome: "fast" });
});

test("what it can't read is an error, and no rate", () => {
  expect(() => parseTransfer("laptop", "")).toThrow(/the probe itself failed/);
});
