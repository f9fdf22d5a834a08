import { captureMutations } from "./mutations/capture.ts";
import { caseMutations } from "./mutations/cases.ts";
import { denialMutations } from "./mutations/denials.ts";
import { dnsMutations } from "./mutations/dns.ts";
import { doctorMutations } from "./mutations/doctor.ts";
import { engineMutations } from "./mutations/engine.ts";
import { evidenceMutations } from "./mutations/evidence.ts";
import { exitNodeMutations } from "./mutations/exit-node.ts";
import { faultMutations } from "./mutations/faults.ts";
import { isolationMutations } from "./mutations/isolation.ts";
import { lifecycleMutations } from "./mutations/lifecycle.ts";
import type { Mutation } from "./mutations/mutation.ts";
import { pathMutations } from "./mutations/paths.ts";
import { reachabilityMutations } from "./mutations/reachability.ts";
import { relayFallbackMutations } from "./mutations/relay-fallback.ts";
import { scoreMutations } from "./mutations/score.ts";
import { subnetRouterMutations } from "./mutations/subnet-router.ts";
import { tailnetOnlyMutations } from "./mutations/tailnet-only.ts";

/** All mutations, by scenario. */
export const mutations: readonly Mutation[] = [
  ...reachabilityMutations,
  ...denialMutations,
  ...dnsMutations,
  ...pathMutations,
  ...relayFallbackMutations,
  ...subnetRouterMutations,
  ...exitNodeMutations,
  ...tailnetOnlyMutations,
  ...lifecycleMutations,
  ...isolationMutations,
  ...doctorMutations,
  ...engineMutations,
  ...captureMutations,
  ...evidenceMutations,
  ...caseMutations,
  ...faultMutations,
  ...scoreMutations,
];
