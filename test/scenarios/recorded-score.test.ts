import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { cases } from "../../scenarios/cases/index.ts";
import type { Scored } from "../../scenarios/score/look.ts";
import { readRecord, recordText, withLooks } from "../../scenarios/score/record.ts";

const text = await readFile(new URL("../../docs/doctor-score.md", import.meta.url), "utf8");
const record = await readRecord();
const { scored } = record;

/** Of the looks of a kind, those that were right. */
function share(kind: Scored["kind"]): { all: number; right: number } {
  const looks = scored.filter((each) => each.kind === kind);
  const right = looks.filter((each) => "isRight" in each && each.isRight);
  return { all: looks.length, right: right.length };
}

test("the page is made of the figures", () => {
  expect(text).toBe(recordText(record));
});

test("every case was asked about", () => {
  const asked = new Set(scored.flatMap((each) => ("name" in each ? [each.name] : [])));
  expect(cases.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([]);
});

test("the doctor is as often right as it has to be", () => {
  const [one, pair, healthy] = [share("one"), share("pair"), share("healthy")];
  expect(one.right / one.all, "first causes").toBeGreaterThanOrEqual(0.95);
  expect(pair.right / pair.all, "pairs").toBeGreaterThanOrEqual(0.8);
  expect(healthy.all - healthy.right, "false alarms").toBeLessThanOrEqual(healthy.all / 1000);
});

test("of a case and a variant the last look counts; looks at healthy labs add up", () => {
  const one = { kind: "one", name: "a", variant: "as it is", expected: "TL101" } as const;
  const wrong: Scored = { ...one, first: "nothing", isRight: false };
  const right: Scored = { ...one, first: "TL101", isRight: true };
  const other: Scored = { ...right, variant: "other names" };
  const well: Scored = { kind: "healthy", lab: "x", question: "all", named: [], isRight: true };
  const before = {
    schema: 1 as const,
    days: ["d1", "d1"] as [string, string],
    scored: [wrong, other, well],
  };
  const leftOut: Scored = { ...other, kind: "left-out", why: "not healthy before" };
  const after = withLooks(before, [right, well, leftOut], "d2");
  expect(after).toEqual({ schema: 1, days: ["d1", "d2"], scored: [other, well, right, well] });
});
