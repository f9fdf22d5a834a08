import type { ValidationIssue } from "../../errors.ts";
import { hasHostBits, prefix, withoutHostBits } from "../prefix.ts";
import { reservedFor } from "../reserved.ts";
import type { Topology } from "../schema.ts";

/** A network's NAT and its LAN: each needs the other, and not every range will do. */
export function networkIssues(topology: Topology): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  for (const [name, network] of Object.entries(topology.networks)) {
    const where = `networks.${name}`;
    if (network.nat === "none") {
      if (network.lan !== undefined) {
        issues.push({
          where: `${where}.lan`,
          what: "nat none means public addresses, so there is no LAN",
          remedy: "leave out lan, or set nat to easy or hard",
        });
      }
      if (network.upstream !== undefined) {
        issues.push({
          where: `${where}.upstream`,
          what: "nat none means public addresses, so there is no router and no upstream",
          remedy: "leave out upstream, or set nat to easy or hard",
        });
      }
      continue;
    }

    if (network.lan === undefined) {
      issues.push({
        where: `${where}.lan`,
        what: `nat ${network.nat} needs a LAN`,
        remedy: "write a prefix such as 192.168.1.0/24, or set nat to none",
      });
      continue;
    }
    const lan = prefix(network.lan);
    if (hasHostBits(lan)) {
      issues.push({
        where: `${where}.lan`,
        what: `${network.lan} has host bits set`,
        remedy: `did you mean ${withoutHostBits(lan)}?`,
      });
    }
    const reserved = reservedFor(lan);
    if (reserved !== undefined) {
      issues.push({
        where: `${where}.lan`,
        what: `${network.lan} overlaps ${reserved.range.text}, ${reserved.reason}`,
        remedy: "take a private range such as 192.168.1.0/24 or 10.20.0.0/24",
      });
    }
  }
  return issues;
}
