import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { secretRemover } from "../../lab/capture/secrets.ts";
import { steps } from "../../lab/doctor/check.ts";
import { checks } from "../../lab/doctor/checks.ts";
import { cases } from "../../scenarios/cases/index.ts";
import { readRecording } from "../../scenarios/cases/recording.ts";
import { withoutVolatile } from "../../scenarios/cases/volatile.ts";
import { flows } from "../../scenarios/handbook/flows.ts";
import { anchorOf, handbookPages } from "../../scenarios/handbook/pages.ts";

const root = path.join(import.meta.dirname, "../..");
const folder = path.join(root, "docs/troubleshooting");
const pages = await handbookPages();

test("docs/troubleshooting has each page as cases and recordings make it: npm run docs:flows", async () => {
  expect((await readdir(folder)).sort()).toEqual(pages.map(({ file }) => file).sort());
  for (const { file, text } of pages) {
    expect(await readFile(path.join(folder, file), "utf8"), file).toBe(text);
  }
});

test("what is recorded is of the cases that there are", async () => {
  const files = await readdir(path.join(root, "scenarios/cases/recorded"));
  expect(files.sort()).toEqual(cases.map(({ name }) => `${name}.yaml`).sort());
});

test.each(cases.map((each) => [each.name, each] as const))(
  "%s is recorded as it is: npm run docs:record",
  async (name, { finding, look = [], flow, remedy, report }) => {
    const recording = await readRecording(name);
    expect(recording?.finding).toMatchObject(finding);
    const { looks = [] } = recording ?? {};
    expect(looks.map(({ on, run }) => ({ on, run }))).toEqual(
      look.map(({ on, run }) => ({ on, run })),
    );
    const broken = withoutVolatile(looks.map((each) => each.broken));
    expect(withoutVolatile(looks.map(({ repaired }) => repaired))).not.toEqual(broken);
    for (const output of looks.flatMap((each) => [each.broken, each.repaired])) {
      expect(output.split("\n").length, output).toBeLessThanOrEqual(14);
      expect(secretRemover()(output)).toBe(output);
    }
    const page = pages.find(({ file }) => file === `${flow}.md`)?.text ?? "";
    expect(page).toContain(`> ${report}\n`);
    for (const step of remedy) {
      if ("run" in step) expect(page).toContain(`\n${step.on}$ ${step.run}`);
    }
  },
);

test("each cause of a case has one step of its flow, in the order of the doctor's chain", () => {
  for (const { flow, finding } of cases) {
    const sections = flows.find((each) => each.flow === flow)?.sections ?? [];
    const places = sections.filter(({ codes }) => codes.includes(finding.code));
    expect(places.length, `${finding.code} in scenarios/handbook/flows.ts, ${flow}`).toBe(1);
  }
  const sections = flows.find(({ flow }) => flow === "cant-reach")?.sections ?? [];
  const order = sections.map(({ title }) => title.toLowerCase().replace(" ", "-"));
  expect(order).toEqual([...steps.filter((step) => step !== "control"), "control"]);
  for (const { title, codes } of sections) {
    for (const code of codes) {
      const step = checks.find(({ finds }) => finds.includes(code))?.step;
      expect(step, `${code} in ${title}`).toBe(title.toLowerCase().replace(" ", "-"));
    }
  }
});

test("every link of the pages leads somewhere", () => {
  const headings = new Map(
    pages.map(({ file, text }) => [
      file,
      [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)),
    ]),
  );
  for (const { file, text } of pages) {
    for (const [, target = "", anchor] of text.matchAll(/\]\(([^):#]*)(?:#([^)]*))?\)/g)) {
      expect(existsSync(path.join(folder, target === "" ? file : target)), target).toBe(true);
      const known = headings.get(target === "" ? file : target);
      if (anchor !== undefined && known !== undefined) expect(known).toContain(anchor);
    }
  }
});
