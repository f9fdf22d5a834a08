import type { ValidationIssue } from "../../errors.ts";
import type { Declared } from "../declared.ts";
import { conflicting, conflictText } from "../fault-conflicts.ts";
import { type FaultNames, nameIssues } from "../fault-names.ts";
import { valueIssues } from "../fault-values.ts";
import type { Fault } from "../faults.ts";
import { namesWhere } from "../placement.ts";
import type { Topology } from "../schema.ts";
import { needIssues } from "./fault-needs.ts";

/** Faults of what is not declared, and such as are over as soon as they are there. */
export function faultIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  const names = faultNames(topology, declared);
  return topology.faults.flatMap((fault, index) => {
    const where = `faults[${index}]`;
    if (fault.kind === "restart" || fault.kind === "router-reboot") {
      const what = `a ${fault.kind} is over at once, so no lab has it`;
      return [{ where, what, remedy: "inject it into the running lab: tailnet-lab fault add" }];
    }
    const named = nameIssues(fault, names);
    const needs = named.length > 0 ? [] : needIssues(topology, fault);
    const conflict = conflictIssues(topology.faults.slice(0, index), fault);
    return [...named, ...valueIssues(fault), ...needs, ...conflict].map((issue) => ({
      ...issue,
      where: `${where}.${issue.where}`,
    }));
  });
}

function conflictIssues(before: readonly Fault[], fault: Fault): ValidationIssue[] {
  const other = conflicting(before, fault);
  if (other === undefined || !("node" in fault)) return [];
  const what = conflictText(fault.node, other);
  return [{ where: "node", what, remedy: "leave one of the two faults out" }];
}

/** The machines that the lab adds by itself may be named too. */
function faultNames(topology: Topology, { nodes, networks, relays }: Declared): FaultNames {
  const routed = [...networks].filter((name) => topology.networks[name]?.nat !== "none");
  const added = [
    "control",
    "dns",
    ...[...relays].map((code) => `derp-${code}`),
    ...routed.map((name) => `router-${name}`),
  ];
  const serving = namesWhere(topology, ({ services }) =>
    services.some(({ kind }) => kind === "dns"),
  );
  const tailscale = namesWhere(topology, ({ kind }) => kind === "tailscale");
  const unread = [...nodes].filter((name) => topology.nodes[name] === undefined);
  return {
    nodes: new Set([...nodes, ...added]),
    members: new Set([...tailscale, ...unread]),
    networks,
    regions: relays,
    servers: new Set([...serving, ...unread]),
  };
}
