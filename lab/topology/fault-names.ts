import type { ValidationIssue } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import type { Fault, FaultName } from "./faults.ts";
import { internet } from "./schema.ts";

/** What a fault may name in one lab. */
export interface FaultNames {
  nodes: ReadonlySet<string>;
  /** Nodes with Tailscale. */
  members: ReadonlySet<string>;
  /** Without the internet. */
  networks: ReadonlySet<string>;
  /** DERP regions' codes. */
  regions: ReadonlySet<string>;
  /** Nodes with a DNS service. */
  servers: ReadonlySet<string>;
}

type Role = "node" | "member" | "place" | "network" | "region" | "server";

/** Which field names what. */
const roles: Record<string, Role> = {
  node: "node",
  of: "node",
  from: "node",
  to: "node",
  at: "place",
  between: "place",
  groups: "place",
  network: "network",
  region: "region",
  server: "server",
};

/** Kinds whose nodes have Tailscale. */
const ofTailscale: ReadonlySet<FaultName> = new Set<FaultName>([
  "accept-dns-off",
  "accept-routes-off",
  "cloned-state",
  "control-unreachable",
  "duplicate-hostname",
  "ip-forwarding-off",
  "key-expired",
  "logged-out",
  "map-stream-cut",
  "no-return-route",
  "route-unapproved",
  "route-withdrawn",
  "shields-up",
  "tailscale-stopped",
  "userspace-networking",
]);

/** What a field names; undefined where it is no name. */
export function roleOf(field: string): string | undefined {
  return roles[field];
}

/** Every name in a fault that is not there, or names nothing that the fault may have, each with its path in the fault. */
export function nameIssues(fault: Fault, names: FaultNames): ValidationIssue[] {
  const found = namesIn(fault);
  const unknown = found.flatMap(({ where, role, name }) => {
    const known = knownOf(role, names);
    if (known.includes(name)) return [];
    const what =
      role === "member" && names.nodes.has(name)
        ? `${name} has no Tailscale`
        : `there is no ${words[role] ?? role} ${name}`;
    return [
      { where, what, remedy: chooseFrom(name, known, `the lab has no ${words[role] ?? role}`) },
    ];
  });
  return unknown.length > 0 ? unknown : repeated(found);
}

/** No fault is between something and itself. */
function repeated(found: readonly NameInFault[]): ValidationIssue[] {
  return found.flatMap(({ where, role, name }, index) =>
    found.slice(0, index).some((each) => each.role === role && each.name === name)
      ? [{ where, what: `${name} is named twice`, remedy: "name another" }]
      : [],
  );
}

const words: Partial<Record<Role, string>> = {
  member: "node with Tailscale",
  server: "DNS server",
};

function knownOf(role: Role, { nodes, members, networks, regions, servers }: FaultNames): string[] {
  switch (role) {
    case "node":
      return [...nodes];
    case "member":
      return [...members];
    case "place":
      return [...networks, ...nodes, internet];
    case "network":
      return [...networks];
    case "region":
      return [...regions];
    case "server":
      return [...servers, internet];
  }
}

interface NameInFault {
  where: string;
  role: Role;
  name: string;
}

function namesIn(fault: Fault): NameInFault[] {
  const { kind, ...fields } = fault;
  return Object.entries(fields).flatMap(([field, value]) => {
    const role = roles[field] === "node" && ofTailscale.has(kind) ? "member" : roles[field];
    if (role !== undefined) return texts(value, field).map((each) => ({ ...each, role }));
    // Of `policy`, the pair that is denied.
    return field === "deny" ? objectNames(value, field) : [];
  });
}

function objectNames(value: unknown, where: string): NameInFault[] {
  return Object.entries(value ?? {}).flatMap(([field, inner]) => {
    const role = roles[field];
    return role === undefined
      ? []
      : texts(inner, `${where}.${field}`).map((each) => ({ ...each, role }));
  });
}

function texts(value: unknown, where: string): { where: string; name: string }[] {
  if (typeof value === "string") return [{ where, name: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((each, index) => texts(each, `${where}[${index}]`));
}
