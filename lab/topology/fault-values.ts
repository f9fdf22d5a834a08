import type { ValidationIssue } from "../errors.ts";
import type { Fault } from "./faults.ts";
import { contains, hasHostBits, prefix, withoutHostBits } from "./prefix.ts";

/** What is wrong with a fault's values beside each other, each with its path in the fault. */
export function valueIssues(fault: Fault): ValidationIssue[] {
  switch (fault.kind) {
    case "host-firewall":
      if (fault.protocol !== "icmp" || fault.port === undefined) return [];
      return [{ where: "port", what: "ICMP has no ports", remedy: "leave one of the two out" }];
    case "policy":
      if ((fault.deny === undefined) !== (fault.policy === undefined)) return [];
      return [
        {
          where: fault.deny === undefined ? "deny" : "policy",
          what: "it is either a pair or a whole policy",
          remedy: "name the two nodes of a pair, or give another policy",
        },
      ];
    case "cgnat-collision":
      return lanIssues(fault.prefix);
    default:
      return [];
  }
}

const carriers = prefix("100.64.0.0/10");
/** So that a router and more than one machine have room. */
export const longestLan = 29;

function lanIssues(text: string): ValidationIssue[] {
  const lan = prefix(text);
  const where = "prefix";
  if (hasHostBits(lan)) {
    const remedy = `did you mean ${withoutHostBits(lan)}?`;
    return [{ where, what: `${text} has host bits set`, remedy }];
  }
  if (contains(carriers, lan) && lan.length <= longestLan) return [];
  const what = `${text} is no LAN of ${carriers.text}`;
  return [{ where, what, remedy: `write a prefix of it, of /${longestLan} or shorter` }];
}
