import type { ValidationIssue } from "../../errors.ts";
import { chooseFrom } from "../../near-name.ts";
import type { Declared } from "../declared.ts";
import { isReservedName } from "../reserved.ts";
import { internet, type Topology } from "../schema.ts";

/** Reserved names, nodes in networks that are not there, and who a Tailscale node is. */
export function nameIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  const issues: ValidationIssue[] = [];

  for (const name of declared.nodes) {
    if (isReservedName(name)) {
      issues.push({
        where: `nodes.${name}`,
        what: `the name ${name} belongs to the lab's own machines`,
        remedy: "choose a name other than control, dns, internet, derp-… and router-…",
      });
    }
  }
  if (declared.networks.has(internet)) {
    issues.push({
      where: `networks.${internet}`,
      what: "the name internet means the simulated internet itself",
      remedy: "choose another name; nodes may use network: internet without declaring it",
    });
  }

  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.network !== internet && !declared.networks.has(node.network)) {
      issues.push({
        where: `nodes.${name}.network`,
        what: `there is no network ${node.network}`,
        remedy: chooseFrom(node.network, [...declared.networks, internet], "write internet"),
      });
    }
    if (node.kind !== "tailscale") continue;
    if (node.user === undefined && node.tags === undefined) {
      issues.push({
        where: `nodes.${name}`,
        what: "nobody owns this node",
        remedy: "give it a user, or tags",
      });
    }
    if (node.user !== undefined && node.tags !== undefined) {
      issues.push({
        where: `nodes.${name}`,
        what: "a node is its user's or has tags, never both",
        remedy: "leave out user or tags",
      });
    }
  }

  if (declared.relays.size < 2) {
    issues.push({
      where: "relays",
      what: `${declared.relays.size === 0 ? "no relay" : "one relay"} is declared`,
      remedy: "declare two or more: clients tell a hard NAT by comparing two relays' answers",
    });
  }
  return issues;
}
