import type { ValidationIssue } from "../errors.ts";
import { addressIssues } from "./checks/addresses.ts";
import { capacityIssues } from "./checks/capacity.ts";
import { dnsIssues } from "./checks/dns.ts";
import { exitNodeIssues } from "./checks/exit-nodes.ts";
import { faultIssues } from "./checks/faults.ts";
import { nameIssues } from "./checks/names.ts";
import { networkIssues } from "./checks/networks.ts";
import { inlinePolicyIssues } from "./checks/policies.ts";
import { routeIssues } from "./checks/routes.ts";
import { serviceIssues } from "./checks/services.ts";
import { upstreamIssues } from "./checks/upstreams.ts";
import type { Declared } from "./declared.ts";
import type { Topology } from "./schema.ts";

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
  faultIssues,
];

/** What one part of a topology says against another: all issues, none thrown. */
export function validate(topology: Topology, declared: Declared): ValidationIssue[] {
  return checks.flatMap((check) => check(topology, declared));
}
