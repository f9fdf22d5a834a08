import type { Fault } from "../../errors.ts";
import { checkInlinePolicy, tagOwnerFaults } from "../policy.ts";
import type { Topology } from "../schema.ts";

/** A policy in the topology itself; one in a file is read by `loadTopology`. */
export function inlinePolicyFaults(topology: Topology): Fault[] {
  const { policy } = topology.tailnet;
  if (typeof policy !== "object") return [];
  const read = checkInlinePolicy(policy);
  return read.policy ? tagOwnerFaults(topology, read.policy, "tailnet.policy") : read.faults;
}
