import type { ValidationIssue } from "../../errors.ts";
import type { Declared } from "../declared.ts";
import { isPublic, lanOf } from "../placement.ts";
import { internet, type Topology } from "../schema.ts";

/**
 * Machines that fit on one segment. Docker gives each its address from a /24 of the lab's, of
 * which the network's, the bridge's and the broadcast address are taken.
 */
const segmentLimit = 253;

/** LANs that are too small for what is in them, and segments with too many machines. */
export function capacityIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  const issues: ValidationIssue[] = [];

  for (const name of Object.keys(topology.networks)) {
    if (isPublic(topology, name)) continue;
    const machines = 1 + nodesIn(topology, name) + routersIn(topology, name);
    const lan = lanOf(topology, name);
    const room = lan === undefined ? undefined : lan.last - lan.first - 1n;
    if (lan !== undefined && room !== undefined && room < BigInt(machines)) {
      issues.push({
        where: `networks.${name}.lan`,
        what: `${lan.text} has room for ${room > 0n ? room : "no"} machines, but ${machines} are in it, routers counted`,
        remedy: `take a prefix of at most /${lengthFor(machines)}`,
      });
    }
    if (machines > segmentLimit) issues.push(tooMany(`networks.${name}`, machines));
  }

  const servers = 2 + declared.relays.size;
  const onInternet = Object.values(topology.nodes).filter((node) =>
    isPublic(topology, node.network),
  ).length;
  const machines = servers + onInternet + routersIn(topology, internet);
  if (machines > segmentLimit) issues.push(tooMany("nodes", machines, " on the internet"));
  return issues;
}

function nodesIn(topology: Topology, network: string): number {
  return Object.values(topology.nodes).filter((node) => node.network === network).length;
}

function routersIn(topology: Topology, network: string): number {
  return Object.values(topology.networks).filter(
    ({ nat, upstream }) => nat !== "none" && (upstream ?? internet) === network,
  ).length;
}

function tooMany(where: string, machines: number, place = ""): ValidationIssue {
  return {
    where,
    what: `${machines} machines${place}, routers counted; one segment has room for ${segmentLimit}`,
    remedy: "spread them over more networks",
  };
}

/** The longest prefix with room for so many machines. */
function lengthFor(machines: number): number {
  return 32 - Math.ceil(Math.log2(machines + 2));
}
