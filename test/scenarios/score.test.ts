import { expect, test } from "vitest";
import { isResult } from "../../scenarios/cases/attempt.ts";
import { cases } from "../../scenarios/cases/index.ts";
import { scoreText } from "../../scenarios/score/report.ts";
import { variantsOf } from "../../scenarios/score/variants.ts";

test.each([
  ["derp:fra", "derp", true],
  ["derp:fra", "derp:nyc", false],
  ["direct", ["derp", "direct"], true],
  ["reached", "reach", false],
] as const)("%s is %j: %s", (result, expected, isIt) => {
  expect(isResult(result, expected)).toBe(isIt);
});

test("a variant has other nodes in all that is tried and done, and the same words", async () => {
  const theCase = cases.find(({ name }) => name === "routes-not-accepted");
  if (theCase === undefined) throw new Error("no such case");
  const variants = await variantsOf(theCase);
  const variant = variants.find(({ name }) => name === "laptop and phone swapped");
  expect(variant?.theCase).toMatchObject({
    report: theCase.report,
    faults: [{ kind: "accept-routes-off", node: "phone" }],
    finding: { node: "phone" },
    remedy: [{ on: "phone" }],
  });
});

test("each case of a topology has three variants, each with a topology of its own", async () => {
  for (const theCase of cases) {
    const variants = await variantsOf(theCase);
    const renamed = variants.find(({ name }) => name === "other names");
    expect(Object.keys(renamed?.loaded.topology.nodes ?? {}), theCase.name).toContain("till");
    expect(JSON.stringify(renamed?.theCase.question ?? {}), theCase.name).not.toMatch(
      /\b(?:laptop|server|phone)\b/,
    );
  }
});

test("the score counts what was right, and lists what was not", () => {
  const one = { kind: "one", variant: "as it is", expected: "TL103" } as const;
  const text = scoreText(
    [
      { ...one, name: "a", first: "TL103", isRight: true },
      { ...one, name: "b", first: "nothing", isRight: false },
      { kind: "healthy", lab: "l", question: "the whole lab", named: [], isRight: true },
    ],
    "3 looks",
  );
  expect(text).toContain("| one cause | 2 | 1 (50 %) |");
  expect(text).toContain("| TL103 | 2 | 1 (50 %) | nothing |");
  expect(text).toContain("- b (as it is): TL103 expected, nothing first");
  expect(text).toContain("| two causes at once | 0 | – |");
});
