import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entryOf } from "../../lab/doctor/catalogue.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { faultSchema } from "../../lab/topology/faults.ts";
import type { Attempt, Case } from "../../scenarios/cases/case.ts";
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
    const { topology, policyText } = await loadedOf(theCase);
    const plan = planLab(topology, {
      ...draftOptions(topology),
      run: "test",
      ...(policyText === undefined ? {} : { policyText }),
    });
    const machines = plan.containers.map(({ name }) => name);
    expect(machinesOf(theCase).filter((name) => !machines.includes(name))).toEqual([]);
    for (const fault of theCase.faults) faultSchema.parse(fault);
    expect(entryOf(theCase.finding.code).code).toBe(theCase.finding.code);
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

function machinesOf({ symptoms, remedy, setup = [], changes = [], question, finding }: Case) {
  return [
    ...symptoms.flatMap(({ attempt }) => triedOn(attempt)),
    ...[...remedy, ...setup, ...changes].map(({ on }) => on),
    ...(question === undefined ? [] : [question.from]),
    ...(finding.node === undefined ? [] : [finding.node]),
  ];
}

function triedOn(attempt: Attempt): string[] {
  return attempt.kind === "command" ? [attempt.on] : [attempt.from];
}
