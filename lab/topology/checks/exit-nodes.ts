import type { ValidationIssue } from "../../errors.ts";
import { chooseFrom } from "../../near-name.ts";
import type { Declared } from "../declared.ts";
import { namesWhere, nodeNamed } from "../placement.ts";
import type { TailscaleNode, Topology } from "../schema.ts";

/** Who uses which exit node, and whether that one offers to be it. */
export function exitNodeIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  return Object.entries(topology.nodes).flatMap(([name, node]) =>
    node.kind === "tailscale" ? faultsOf(name, node, topology, declared) : [],
  );
}

function faultsOf(
  name: string,
  node: TailscaleNode,
  topology: Topology,
  declared: Declared,
): ValidationIssue[] {
  const { useExitNode } = node;
  if (useExitNode === undefined) {
    return node.allowLanAccess
      ? [
          {
            where: `nodes.${name}.allowLanAccess`,
            what: "says something of an exit node, but none is used",
            remedy: "name one in useExitNode, or leave it out",
          },
        ]
      : [];
  }

  const issues: ValidationIssue[] = [];
  const where = `nodes.${name}.useExitNode`;
  const offering = namesWhere(
    topology,
    (other) => other !== node && other.kind === "tailscale" && other.exitNode,
  );
  const remedy = chooseFrom(useExitNode, offering, "declare a Tailscale node with exitNode: true");
  const target = nodeNamed(topology, useExitNode);
  if (useExitNode === name) {
    issues.push({ where, what: "a node can't be its own exit node", remedy });
  } else if (target === undefined) {
    if (!declared.nodes.has(useExitNode)) {
      issues.push({ where, what: `there is no node ${useExitNode}`, remedy });
    }
  } else if (target.kind === "host") {
    issues.push({
      where,
      what: `${useExitNode} runs no Tailscale, so it can't be an exit node`,
      remedy,
    });
  } else if (!target.exitNode) {
    issues.push({
      where,
      what: `${useExitNode} does not offer to be an exit node`,
      remedy: `set exitNode: true in nodes.${useExitNode}`,
    });
  }
  if (node.exitNode && useExitNode !== name) {
    issues.push({
      where,
      what: "an exit node can't use another one",
      remedy: "leave out exitNode or useExitNode",
    });
  }
  return issues;
}
