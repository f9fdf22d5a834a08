import { LabError } from "../../lab/errors.ts";
import { defineLab, type LabDeclaration } from "../../lab/topology/index.ts";

type Entries<Section extends "networks" | "nodes"> = NonNullable<LabDeclaration[Section]>;

/** A sound lab with one NAT network, one public network and two nodes, for a test to spoil. */
export function declaration(
  changes: Omit<Partial<LabDeclaration>, "networks" | "nodes"> & {
    networks?: Entries<"networks">;
    nodes?: Entries<"nodes">;
  } = {},
): LabDeclaration {
  return {
    name: "trial",
    ...changes,
    networks: {
      home: { nat: "easy", lan: "192.168.1.0/24" },
      cloud: { nat: "none" },
      ...changes.networks,
    },
    nodes: {
      laptop: { kind: "tailscale", network: "home", user: "alice" },
      nas: { kind: "host", network: "home" },
      ...changes.nodes,
    },
  };
}

/** The issues of a declaration as `where: what; remedy`; none where it is sound. */
export function faultsOf(given: unknown): string[] {
  try {
    defineLab(given as LabDeclaration);
    return [];
  } catch (error) {
    return faultLines(error, "TopologyInvalid");
  }
}

/** The issues of an error of ours; anything else is thrown on. */
export function faultLines(error: unknown, name: string): string[] {
  if (!(error instanceof LabError) || error.name !== name) throw error;
  return error.issues.map(({ where, what, remedy }) => `${where}: ${what}; ${remedy}`);
}
