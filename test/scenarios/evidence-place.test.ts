import { expect, test } from "vitest";
import { fileName } from "../../scenarios/harness/evidence.ts";
import { placeOf } from "../../scenarios/harness/leave-evidence.ts";

const placeIn = (file: string, fullTestName: string) =>
  placeOf({ file: { name: file }, fullTestName } as Parameters<typeof placeOf>[0])
    .map(fileName)
    .join("/");

test("tests of the same name in other files and groups have places of their own", () => {
  expect(placeIn("office.test.ts", "the printer is reached")).toBe("office/the-printer-is-reached");
  expect(placeIn("tests/office.spec.mts", "by name > it is reached")).toBe(
    "tests/office/by-name-it-is-reached",
  );
  expect(placeIn("tests/home.test.ts", "by name > it is reached")).toBe(
    "tests/home/by-name-it-is-reached",
  );
  expect(placeIn("../other/a.test.ts", "x")).toBe("unnamed/other/a/x");
});

test("so have tests whose long names begin alike", () => {
  const start = "a very long name ".repeat(6);
  const [one, other] = [fileName(`${start}one`), fileName(`${start}other`)];
  expect(one).toHaveLength(80);
  expect(one).not.toBe(other);
});
