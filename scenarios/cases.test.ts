import { expect, test, vi } from "vitest";
import { caseLab } from "./cases/case-lab.ts";
import { findCase } from "./cases/find-case.ts";
import { runCase, whatIsWrong } from "./cases/run-case.ts";
import { writeArtifacts } from "./harness/artifacts.ts";

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
  const stages = await runCase(lab.running, theCase);
  const wrong = whatIsWrong(theCase, stages);
  if (wrong !== undefined) {
    const folder = await writeArtifacts(lab.plan, lab.running, "cases", name);
    throw new Error(`${wrong}\nartifacts: ${folder}`);
  }
  expect(stages.map(({ stage }) => stage)).toEqual([
    "healthy",
    "symptom",
    "finding",
    "remedy",
    "repaired",
  ]);
});
