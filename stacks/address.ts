/** What a Terraform resource of the lab stands for. */
export interface Part {
  kind: "node" | "network" | "volume";
  name: string;
}

/**
 * The part of the lab behind an address such as `docker_container.node-laptop`.
 * @returns undefined for an image: nothing on the engine is made or removed for it.
 */
export function partAt(address: string): Part | undefined {
  const [, kind, name] = /^docker_\w+\.(node|network)-(.+)$/.exec(address) ?? [];
  if (kind !== undefined && name !== undefined) return { kind: kind as "node" | "network", name };
  return address === "docker_volume.volume" ? { kind: "volume", name: "volume" } : undefined;
}

/** The part in a sentence: a node by its bare name. */
export function describePart({ kind, name }: Part): string {
  if (kind === "node") return name;
  return kind === "network" ? `network ${name}` : "volume";
}
