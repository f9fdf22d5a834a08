import type { ValidationIssue } from "../errors.ts";
import { addressIssues } from "./checks/addresses.ts";
import { capacityIssues } from "./checks/capacity.ts";
import { dnsIssues } from "./checks/dns.ts";
import { exitNodeIssues } from "./checks/exit-nodes.ts";
import { nameIssues } from "./checks/names.ts";
import { networkIssues } from "./checks/networks.ts";
import { inlinePolicyIssues } from "./checks/policies.ts";
import { routeIssues } from "./checks/routes.ts";
import { serviceIssues } from "./checks/services.ts";
import { upstreamIssues } from "./checks/upstreams.ts";
import type { Topology } from "./schema.ts";

/**
 * The names a declaration uses, also those of entries that the schema refused. Where a topology
 * lacks one of them, its issue is already told: what refers to it is left alone.
 */
export interface Declared {
  networks: ReadonlySet<string>;
  nodes: ReadonlySet<string>;
  relays: ReadonlySet<string>;
}

type Check = (topology: Topology, declared: Declared) => ValidationIssue[];

const checks: readonly Check[] = [
  nameIssues,
  networkIssues,
  upstreamIssues,
  capacityIssues,
  addressIssues,
  routeIssues,
  exitNodeIssues,
  serviceIssues,
  dnsIssues,
  inlinePolicyIssues,
];

/** What one part of a topology says against another: all issues, none thrown. */
export function validate(topology: Topology, declared: Declared): ValidationIssue[] {
  return checks.flatMap((check) => check(topology, declared));
}
