import type { Plan } from "../lab/plan/plan.ts";
import type { RunningLab } from "../lab/running/running-lab.ts";
import type { LoadedTopology } from "../lab/topology/load.ts";
import { denialMutations } from "./mutations/denials.ts";
import { dnsMutations } from "./mutations/dns.ts";
import { engineMutations } from "./mutations/engine.ts";
import { exitNodeMutations } from "./mutations/exit-node.ts";
import { isolationMutations } from "./mutations/isolation.ts";
import { lifecycleMutations } from "./mutations/lifecycle.ts";
import { pathMutations } from "./mutations/paths.ts";
import { reachabilityMutations } from "./mutations/reachability.ts";
import { relayFallbackMutations } from "./mutations/relay-fallback.ts";
import { subnetRouterMutations } from "./mutations/subnet-router.ts";

/**
 * A way to break a lab that a scenario must notice. `npm run mutate` starts the scenario on the
 * broken lab: a test that stays green, or goes red for another reason, is a defect.
 */
export interface Mutation {
  name: string;
  /** The scenario's file, without `.test.ts`. */
  scenario: string;
  /** The name of the test that must fail, or its beginning. */
  test: string;
  /** What its failure must say. */
  because: RegExp;
  /** Breaks the declaration or the policy. */
  declared?(loaded: LoadedTopology): LoadedTopology;
  /** Breaks what runs. */
  planned?(plan: Plan): Plan;
  /** Breaks the running lab, before the first test. */
  started?(lab: RunningLab): Promise<void>;
}

export const mutations: readonly Mutation[] = [
  ...reachabilityMutations,
  ...denialMutations,
  ...dnsMutations,
  ...pathMutations,
  ...relayFallbackMutations,
  ...subnetRouterMutations,
  ...exitNodeMutations,
  ...lifecycleMutations,
  ...isolationMutations,
  ...engineMutations,
];
