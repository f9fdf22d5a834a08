import type { ValidationIssue } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import type { Fault } from "./faults.ts";
import { internet } from "./schema.ts";

/** What a fault may name in one lab. */
export interface FaultNames {
  nodes: ReadonlySet<string>;
  /** Without the internet. */
  networks: ReadonlySet<string>;
  /** DERP regions' codes. */
  regions: ReadonlySet<string>;
  /** Nodes with a DNS service. */
  servers: ReadonlySet<string>;
}

type Role = "node" | "place" | "network" | "region" | "server";

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

/** What a field names; undefined where it is no name. */
export function roleOf(field: string): string | undefined {
  return roles[field];
}

/** Every name in a fault that is not there, each with its path in the fault. */
export function unknownNames(fault: Fault, names: FaultNames): ValidationIssue[] {
  return namesIn(fault).flatMap(({ where, role, name }) => {
    const known = knownOf(role, names);
    if (known.includes(name)) return [];
    return [
      {
        where,
        what: `there is no ${role === "server" ? "DNS server" : role} ${name}`,
        remedy: chooseFrom(name, known, `the lab has no ${role}`),
      },
    ];
  });
}

function knownOf(role: Role, { nodes, networks, regions, servers }: FaultNames): string[] {
  switch (role) {
    case "node":
      return [...nodes];
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
  const { kind: _, ...fields } = fault;
  return Object.entries(fields).flatMap(([field, value]) => {
    const role = roles[field];
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
