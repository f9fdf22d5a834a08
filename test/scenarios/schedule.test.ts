import { expect, test } from "vitest";
import { Schedule } from "../../scenarios/mutations/schedule.ts";
import { mutations } from "../../scenarios/mutations.ts";

function drain(seed: number): string[] {
  const schedule = new Schedule(mutations, seed);
  const names: string[] = [];
  for (;;) {
    using next = schedule.next();
    if (next === undefined) return names;
    names.push(next.mutation.name);
  }
}

test("every mutant once, in the order of the seed", () => {
  expect(drain(1).toSorted()).toEqual(mutations.map(({ name }) => name).toSorted());
  expect(drain(1)).toEqual(drain(1));
  expect(drain(2)).not.toEqual(drain(1));
});

test("two that would share a warm lab don't run at once, while others wait", () => {
  const shared = mutations.filter(({ scenario, applied }) => scenario === "denials" && applied);
  const others = mutations.filter(({ scenario }) => scenario === "dns").slice(0, 1);
  const schedule = new Schedule([...shared.slice(0, 2), ...others], 1);
  const first = schedule.next();
  const second = schedule.next();
  expect(new Set([first?.mutation.scenario, second?.mutation.scenario])).toEqual(
    new Set(["denials", "dns"]),
  );
  first?.[Symbol.dispose]();
  second?.[Symbol.dispose]();
  expect(schedule.next()?.mutation.scenario).toBe("denials");
});
