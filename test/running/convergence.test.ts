import { expect, test } from "vitest";
import { notJoined } from "../../lab/running/convergence.ts";

const peer = (name: string, homeRelay = "fra") => [name, homeRelay] as const;
const running = (...peers: ReturnType<typeof peer>[]) => ({
  backendState: "Running",
  peers: new Map(peers),
});

test("a tailnet stands when those who see each other do so both ways", () => {
  const statuses = new Map([
    ["a", running(peer("b"))],
    ["b", running(peer("a"))],
    // The policy lets nobody see c.
    ["c", running()],
  ]);
  expect(notJoined(new Set(["a", "b", "c"]), statuses)).toEqual([]);
});

test("where the policy has no rules, one may be seen by another for good", () => {
  const statuses = new Map([
    ["a", running(peer("b"))],
    ["b", running()],
  ]);
  expect(notJoined(new Set(["a", "b"]), statuses, false)).toEqual([]);
  expect(notJoined(new Set(["a", "b"]), statuses)).toHaveLength(1);
});

test("what is missing is told", () => {
  const names = new Set(["a", "b", "c", "d"]);
  const statuses = new Map([
    ["a", running(peer("b"), peer("c"), peer("gone"))],
    ["b", running()],
    ["c", { ...running(peer("a", "")), backendState: "NeedsLogin" }],
  ]);
  expect(notJoined(names, statuses)).toEqual([
    { node: "b", what: "b does not see a yet", until: "node b to see a", isOneWay: true },
    { node: "c", what: "c is NeedsLogin", until: "node c to connect, which is NeedsLogin" },
    { node: "c", what: "c knows no home relay of a", until: "node c to know a's home relay" },
    { node: "d", what: "d has not answered yet", until: "node d to answer" },
  ]);
});
