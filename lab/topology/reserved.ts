import { overlaps, type Prefix, prefix } from "./prefix.ts";

/** The simulated internet (RFC 2544's first half), and the part of it that the lab numbers itself. */
export const simulatedInternet = prefix("198.18.0.0/16");
export const labServers = prefix("198.18.0.0/24");

interface ReservedRange {
  range: Prefix;
  reason: string;
}

function ranges(table: Record<string, string>): ReservedRange[] {
  return Object.entries(table).map(([text, reason]) => ({ range: prefix(text), reason }));
}

const everywhere = ranges({
  "198.18.0.0/16": "the simulated internet",
  "198.19.0.0/16": "the range that container addresses come from",
  "100.64.0.0/10": "the range of tailnet addresses",
  "0.0.0.0/8": "no machine's address",
  "127.0.0.0/8": "loopback",
  "169.254.0.0/16": "link-local",
  "224.0.0.0/3": "multicast and beyond",
});

const everywhere6 = ranges({
  "2001:db8::/32": "the simulated internet",
  "fd7a:115c:a1e0::/48": "the range of tailnet addresses",
  "::/8": "loopback and no machine's address",
  "fe80::/10": "link-local",
  "ff00::/8": "multicast",
});

/** Why neither a LAN nor an advertised route may be there, if it may not. */
export function reservedFor(candidate: Prefix): ReservedRange | undefined {
  return [...everywhere, ...everywhere6].find(({ range }) => overlaps(range, candidate));
}

/** The domain of what the lab runs on the simulated internet: control.lab.test, derp-fra.lab.test. */
export const labDomain = "lab.test";

const takenNames = new Set(["control", "dns", "internet", "observer", "settings"]);
const takenBeginnings = ["derp-", "router-"];

/** Whether the plan gives this name to a machine of its own. */
export function isReservedName(name: string): boolean {
  return takenNames.has(name) || takenBeginnings.some((beginning) => name.startsWith(beginning));
}
