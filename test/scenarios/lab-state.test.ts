import { expect, test } from "vitest";
import { differences } from "../../scenarios/harness/lab-state.ts";

test("what is more and what is less, at each node; twice is not once", () => {
  const before = { laptop: ["prefs: a", "rules: counter", "rules: counter"], phone: ["x"] };
  const after = { laptop: ["prefs: b", "rules: counter"], nas: ["y"] };
  expect(differences(before, after)).toEqual([
    "- laptop: prefs: a",
    "- laptop: rules: counter",
    "+ laptop: prefs: b",
    "+ nas: y",
    "- phone: x",
  ]);
  expect(differences(before, structuredClone(before))).toEqual([]);
});
