import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Mutation } from "./mutation.ts";
import { killNode, makeDeaf, removeProgram } from "./running.ts";

const scenario = "evidence";

/** Of the lab of the tests that fail. */
export const evidenceMutations: readonly Mutation[] = [
  {
    name: "evidence-claim-unlooked",
    scenario,
    test: "a claim's message ends with the first cause",
    because: /expected 'laptop to printer:80.*' to match .*doctor: TL103/s,
    started: withoutApprovals,
  },
  {
    name: "evidence-error-unlooked",
    scenario,
    test: "any other error's message ends with it too",
    because: /expected 'an error of its own.*' to match .*ndoctor: TL106/s,
    started: async (lab) => void (await makeDeaf(lab.node("router"), "sysctl", "-a")),
  },
  {
    name: "evidence-of-a-broken-lab",
    scenario,
    test: "where the lab is well, the annotation says so",
    because: /expected 'TL118 .*' to match .*nothing found/,
    started: async (lab) => void (await killNode(lab.node("printer"))),
  },
  {
    name: "evidence-without-control",
    scenario,
    test: "annotations have the first cause",
    because: /to match .*TL103/s,
    started: withoutApprovals,
  },
];

/** Nobody who looks at control or at the router sees what they print. */
async function withoutApprovals(lab: RunningLab): Promise<void> {
  for (const name of ["control", "router"]) await removeProgram(lab.node(name), "timeout");
}
