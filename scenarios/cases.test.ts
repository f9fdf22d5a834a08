import { expect, test, vi } from "vitest";
import { caseLab } from "./cases/case-lab.ts";
import { examinationOf } from "./cases/examination.ts";
import { findCase } from "./cases/find-case.ts";
import { runCase, whatIsWrong } from "./cases/run-case.ts";
import { evidenceOf } from "./harness/evidence.ts";

/** Quick ones of each flow; `npm run cases` runs all. */
const chosen = [
  "policy-denies",
  "route-not-approved",
  "routes-not-accepted",
  "ip-forwarding-off",
  "host-firewall",
  "service-down",
  "mtu-black-hole",
  "udp-blocked",
  "resolv-conf-overwritten",
  "name-unknown",
  "control-unreachable",
];

// Each has a lab for itself as long as it runs; so many labs are started.
vi.setConfig({ maxConcurrency: 2, testTimeout: 240_000 });

test.concurrent.for(chosen)("%s", async (name) => {
  const theCase = await findCase(name);
  await using lab = await caseLab(theCase, "cases.test.ts");
  const examination = await examinationOf(theCase);
  const stages = await runCase(lab.running, theCase, { examination });
  const wrong = whatIsWrong(theCase, stages);
  if (wrong !== undefined) {
    throw new Error(wrong + (await evidenceOf(lab, "cases", name)));
  }
  expect(stages.map(({ stage }) => stage)).toEqual([
    "healthy",
    "symptom",
    "finding",
    "evidence",
    "remedy",
    "repaired",
    "evidence-after",
  ]);
});
