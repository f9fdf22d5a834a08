import { inject } from "../../lab/faults/inject.ts";
import type { Mutation } from "./mutation.ts";
import { removeProgram } from "./running.ts";

const scenario = "score";
const test = "under other names";

/** A false alarm, and a check that can't look. */
export const scoreMutations: readonly Mutation[] = [
  {
    name: "score-lab-not-healthy",
    scenario,
    test,
    because: /found in a healthy lab: expected 'TL106 on gateway.*' to be 'nothing'/,
    started: async (lab) =>
      void (await inject(lab, { kind: "ip-forwarding-off", node: "gateway" })),
  },
  {
    name: "score-check-blind",
    scenario,
    test,
    because: /first of route-not-approved: expected '.+' to be 'TL103'/,
    // What control and the router print is seen by nobody.
    started: async (lab) => {
      for (const name of ["control", "gateway"]) await removeProgram(lab.node(name), "timeout");
    },
  },
];
