import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { cases } from "../../scenarios/cases/index.ts";
import type { Scored } from "../../scenarios/score/look.ts";
import { scoreText } from "../../scenarios/score/report.ts";

const docs = new URL("../../docs/", import.meta.url);
const text = await readFile(new URL("doctor-score.md", docs), "utf8");
const { day, scored } = JSON.parse(await readFile(new URL("doctor-score.json", docs), "utf8")) as {
  day: string;
  scored: Scored[];
};

/** Of the looks of a kind, those that were right. */
function share(kind: Scored["kind"]): { all: number; right: number } {
  const looks = scored.filter((each) => each.kind === kind);
  const right = looks.filter((each) => "isRight" in each && each.isRight);
  return { all: looks.length, right: right.length };
}

test("the page is made of the figures", () => {
  expect(text).toBe(scoreText(scored, `${scored.length} looks on ${day}`));
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
