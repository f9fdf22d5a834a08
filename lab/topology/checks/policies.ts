import type { ValidationIssue } from "../../errors.ts";
import { checkInlinePolicy, tagOwnerIssues } from "../policy.ts";
import type { Topology } from "../schema.ts";

/** A policy in the topology itself; one in a file is read by `loadTopology`. */
export function inlinePolicyIssues(topology: Topology): ValidationIssue[] {
  const { policy } = topology.tailnet;
  if (typeof policy !== "object") return [];
  const read = checkInlinePolicy(policy);
  return read.policy ? tagOwnerIssues(topology, read.policy, "tailnet.policy") : read.issues;
}
