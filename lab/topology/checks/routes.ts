import type { ValidationIssue } from "../../errors.ts";
import { hasHostBits, prefix, withoutHostBits } from "../prefix.ts";
import { reservedFor } from "../reserved.ts";
import type { Topology } from "../schema.ts";

/**
 * Advertised routes. The same prefix from two nodes is fail-over and one inside another is longest
 * match; a prefix of what the lab or the tailnet runs on would cut it off.
 */
export function routeIssues(topology: Topology): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.kind !== "tailscale") continue;
    const seen = new Set<string>();
    for (const [index, text] of node.advertiseRoutes.entries()) {
      const where = `nodes.${name}.advertiseRoutes[${index}]`;
      const route = prefix(text);
      const canonical = withoutHostBits(route);
      const reserved = reservedFor(route);
      if (route.length === 0) {
        issues.push({
          where,
          what: `${text} is everything, which is an exit node's to offer`,
          remedy: "leave it out and set exitNode: true",
        });
      } else if (hasHostBits(route)) {
        issues.push({
          where,
          what: `${text} has host bits set`,
          remedy: `did you mean ${canonical}?`,
        });
      } else if (reserved !== undefined) {
        issues.push({
          where,
          what: `${text} overlaps ${reserved.range.text}, ${reserved.reason}`,
          remedy: "advertise a LAN of this topology, or another private prefix",
        });
      } else if (seen.has(canonical)) {
        issues.push({ where, what: `${text} is listed twice`, remedy: "leave one of them out" });
      }
      seen.add(canonical);
    }
  }
  return issues;
}
