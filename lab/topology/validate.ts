import type { Fault } from "../errors.ts";
import { addressFaults } from "./checks/addresses.ts";
import { capacityFaults } from "./checks/capacity.ts";
import { dnsFaults } from "./checks/dns.ts";
import { exitNodeFaults } from "./checks/exit-nodes.ts";
import { nameFaults } from "./checks/names.ts";
import { networkFaults } from "./checks/networks.ts";
import { inlinePolicyFaults } from "./checks/policies.ts";
import { routeFaults } from "./checks/routes.ts";
import { serviceFaults } from "./checks/services.ts";
import { upstreamFaults } from "./checks/upstreams.ts";
import type { Topology } from "./schema.ts";

/**
 * The names a declaration uses, also those of entries that the schema refused. Where a topology
 * lacks one of them, its fault is already told: what refers to it is left alone.
 */
export interface Declared {
  networks: ReadonlySet<string>;
  nodes: ReadonlySet<string>;
  relays: ReadonlySet<string>;
}

type Check = (topology: Topology, declared: Declared) => Fault[];

const checks: readonly Check[] = [
  nameFaults,
  networkFaults,
  upstreamFaults,
  capacityFaults,
  addressFaults,
  routeFaults,
  exitNodeFaults,
  serviceFaults,
  dnsFaults,
  inlinePolicyFaults,
];

/** What one part of a topology says against another: all faults, none thrown. */
export function validate(topology: Topology, declared: Declared): Fault[] {
  return checks.flatMap((check) => check(topology, declared));
}
