import { expect, test } from "vitest";
import { chooseFrom, nearName } from "../lab/near-name.ts";

test.each([
  ["hone", ["home", "office"], "home"],
  ["ofice", ["home", "office"], "office"],
  ["Office", ["home", "office"], "office"],
  ["hmoe", ["home", "office"], "home"],
  ["hom", ["home", "office"], "home"],
  ["emoh", ["home", "office"], undefined],
  ["studio", ["home", "office"], undefined],
  ["worksxxxion", ["workstation"], undefined],
  ["ab", ["xy"], undefined],
  ["home2", ["home1", "home22", "home"], "home1"],
])("%s among %j means %s", (name, candidates, expected) => {
  expect(nearName(name, candidates)).toBe(expected);
});

test("a remedy names the near one, else all, else what to do without any", () => {
  expect(chooseFrom("hone", ["home", "office"], "leave it out")).toBe("did you mean home?");
  expect(chooseFrom("studio", ["home", "office"], "leave it out")).toBe(
    "write one of home, office",
  );
  expect(chooseFrom("studio", [], "leave it out")).toBe("leave it out");
});
