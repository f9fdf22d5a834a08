import { expect, test } from "vitest";
import { mutations } from "../../scenarios/mutations.ts";
import { select } from "../../setup/suite/stages.ts";

const all = { only: [], shard: undefined };

test("without a choice: every stage, scenario and mutation", () => {
  const selection = select(all);
  expect(selection.stages).toEqual([
    ...[
      "types",
      "lint",
      "unused",
      "unit",
      "engine",
      "scenarios",
      "warm-labs",
      "second-engine",
      "mutations",
      "end",
    ],
  ]);
  expect(selection.scenarios).toContain("dns");
  expect(selection.mutations).toHaveLength(mutations.length);
});

test("the three thirds of the mutations are all of them; what is named is whole", () => {
  const thirds = [1, 2, 3].map((index) => ({ index, count: 3 }));
  const together = thirds.flatMap((some) => select({ ...all, some }).mutations);
  expect(together.toSorted()).toEqual(mutations.map(({ name }) => name).toSorted());
  for (const some of thirds) {
    expect(select({ ...all, some }).scenarios).toEqual(select(all).scenarios);
    expect(select({ ...all, only: ["mutations"], some }).mutations).toHaveLength(mutations.length);
  }
});

test("a scenario brings its mutations, and the engine", () => {
  const selection = select({ only: ["dns"], shard: undefined });
  expect(selection.stages).toEqual(["engine", "scenarios", "warm-labs", "mutations", "end"]);
  expect(selection.scenarios).toEqual(["dns"]);
  expect(selection.mutations).toEqual(
    mutations.filter(({ scenario }) => scenario === "dns").map(({ name }) => name),
  );
});

test("one mutation runs alone; a stage that needs no engine brings none", () => {
  expect(select({ only: ["deny-policy-open"], shard: undefined })).toEqual({
    stages: ["engine", "mutations", "end"],
    scenarios: [],
    mutations: ["deny-policy-open"],
  });
  expect(select({ only: ["lint"], shard: undefined }).stages).toEqual(["lint"]);
});

test("the shards together are all of it, nothing twice", () => {
  const whole = select(all);
  const shards = [1, 2, 3].map((index) => select({ only: [], shard: { index, count: 3 } }));
  const together = (of: (selection: typeof whole) => string[]) => shards.flatMap(of).sort();
  expect(together((each) => each.scenarios)).toEqual(whole.scenarios.toSorted());
  expect(together((each) => each.mutations)).toEqual(whole.mutations.toSorted());
  expect(together((each) => each.stages).filter((name) => name === "unit")).toEqual(["unit"]);
});

test.each([
  ["a misspelt scenario", "exit-nod", /did you mean exit-node\?/],
  ["a misspelt mutation", "deny-policy-opne", /did you mean deny-policy-open\?/],
  ["a misspelt stage", "unti", /did you mean unit\?/],
  ["what is like none", "frobnicate", /write one of types, lint/],
])("%s is refused, and the near name told", (_, name, remedy) => {
  expect(() => select({ only: [name], shard: undefined })).toThrow(remedy);
});
