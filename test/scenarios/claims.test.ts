import { beforeEach, expect, test } from "vitest";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { claimOf, forgetClaims, noteClaim } from "../../scenarios/harness/claims.ts";

const laptop = { name: "laptop" } as RunningNode;
const phone = { name: "phone" } as RunningNode;
const words = (port: number) => ["toReach", laptop, phone, { port }];
const judged = (port: number, pass: boolean) => ({
  pass,
  message: () => `laptop to phone:${port}`,
  asked: { from: laptop, to: phone, port },
});

beforeEach(forgetClaims);

test("a failure is told by its message, whatever else failed meanwhile", () => {
  noteClaim(words(80), judged(80, false));
  noteClaim(words(22), judged(22, false));
  noteClaim(words(443), judged(443, true));
  expect(claimOf("laptop to phone:80")?.asked.port).toBe(80);
  expect(claimOf("the printer: laptop to phone:22")?.asked.port).toBe(22);
  expect(claimOf("expected 1 to be 2")).toBeUndefined();
});

test("a claim that holds in the end has not failed", () => {
  noteClaim(words(80), judged(80, false));
  noteClaim(words(80), judged(80, true));
  expect(claimOf("laptop to phone:80")).toBeUndefined();
});
