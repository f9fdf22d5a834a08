import type { ValidationIssue } from "../../errors.ts";
import { chooseFrom } from "../../near-name.ts";
import type { Declared } from "../declared.ts";
import { lanOf } from "../placement.ts";
import { overlaps } from "../prefix.ts";
import { internet, type Topology } from "../schema.ts";

/** Double NAT: upstreams that are there, have a LAN of their own, and end at the internet. */
export function upstreamIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const told = new Set<string>();

  for (const [name, { nat, upstream }] of Object.entries(topology.networks)) {
    if (nat === "none" || upstream === undefined || upstream === internet) continue;
    const where = `networks.${name}.upstream`;
    if (!declared.networks.has(upstream)) {
      const others = [...declared.networks].filter((other) => other !== name);
      issues.push({
        where,
        what: `there is no network ${upstream}`,
        remedy: chooseFrom(upstream, [...others, internet], "leave it out"),
      });
      continue;
    }
    if (topology.networks[upstream]?.nat === "none") {
      issues.push({
        where,
        what: `${upstream} has nat none, so its machines are on the internet itself`,
        remedy: "leave out upstream: a router is on the internet by default",
      });
      continue;
    }

    const cycle = cycleFrom(topology, name);
    if (cycle !== undefined) {
      if (!told.has(name)) {
        issues.push({
          where,
          what: `upstreams go round: ${[...cycle, name].join(" → ")}`,
          remedy: "leave out upstream in one of them, so that its router is on the internet",
        });
      }
      for (const member of cycle) told.add(member);
      continue;
    }

    const lan = lanOf(topology, name);
    const above = lanOf(topology, upstream);
    if (lan !== undefined && above !== undefined && overlaps(lan, above)) {
      issues.push({
        where: `networks.${name}.lan`,
        what: `${lan.text} overlaps ${above.text} of its upstream ${upstream}; a router can't have both`,
        remedy: "take another prefix for one of them",
      });
    }
  }
  return issues;
}

/** The networks from this one back to itself, if its upstreams lead there. */
function cycleFrom(topology: Topology, start: string): string[] | undefined {
  const seen = [start];
  for (;;) {
    const next = topology.networks[seen.at(-1) ?? start]?.upstream;
    if (next === undefined) return undefined;
    if (next === start) return seen;
    if (seen.includes(next)) return undefined;
    seen.push(next);
  }
}
