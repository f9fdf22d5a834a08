import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entryOf } from "../../lab/doctor/catalogue.ts";
import type { Case } from "../../scenarios/cases/case.ts";
import { caseIssues } from "../../scenarios/cases/case-issues.ts";
import { loadedOf } from "../../scenarios/cases/case-lab.ts";
import { cases } from "../../scenarios/cases/index.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "scenarios/cases");
const flows = ["cant-reach", "slow", "names", "other"];

test("the index lists each case's file, by its name and in its flow", async () => {
  const files = await Promise.all(
    flows.map(async (flow) =>
      (await readdir(join(folder, flow))).map((file) => `${flow}/${file.replace(/\.ts$/, "")}`),
    ),
  );
  const listed = cases.map(({ flow, name }) => `${flow}/${name}`);
  expect(listed.toSorted()).toEqual(files.flat().toSorted());
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test.each(cases.map((each) => [each.name, each] as const))(
  "%s is of the lab, the schema and the catalogue",
  async (_, theCase) => {
    expect(caseIssues(theCase, await loadedOf(theCase))).toEqual([]);
    expect(theCase.report).not.toContain(entryOf(theCase.finding.code).title);
    for (const { broken, repaired } of theCase.symptoms) {
      expect([broken, repaired].every((result) => [result].flat().length > 0)).toBe(true);
    }
    // At least one of the symptoms tells the two apart, whatever comes.
    const apart = theCase.symptoms.some(({ broken, repaired }) => {
      const both = new Set([repaired].flat());
      return [broken].flat().every((result) => !both.has(result));
    });
    expect(apart).toBe(true);
  },
);

test("docs/cases.md lists each case, and no other", async () => {
  const page = await readFile(join(root, "docs/cases.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \| (TL\d+) \|$/gm)];
  expect(rows.map(([, name, title, code]) => `${name}: ${title} (${code})`)).toEqual(
    cases.map(({ name, title, finding }) => `${name}: ${title} (${finding.code})`),
  );
});

test("what a case's lab, the faults or the catalogue do not have is told with its place", async () => {
  const [some] = cases.filter(({ name }) => name === "tailscale-stopped");
  if (some === undefined) throw new Error("there is no such case");
  const wrong = {
    ...some,
    faults: [{ kind: "tailscale-stoped", node: "server" } as never, { kind: "stop", node: "nas2" }],
    symptoms: [
      { attempt: { kind: "resolv", from: "laptop" } as never, broken: "x", repaired: "y" },
    ],
    question: { from: "lapto", to: "server:80" },
    finding: { code: "TL999" },
  } satisfies Case;
  const issues = caseIssues(wrong, await loadedOf(wrong));
  expect(issues.map(({ where, what }) => `${where}: ${what}`)).toEqual([
    "symptoms[0].attempt.kind: there is no kind of attempt resolv",
    "question.from: there is no node lapto",
    'faults[0].kind: "tailscale-stoped" is not accepted',
    "faults[1].node: there is no node nas2",
    "finding.code: the doctor has no finding TL999",
  ]);
});
