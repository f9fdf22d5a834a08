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
  const [, kind, name] = /^docker_\w+\.(node|network|volume)-(.+)$/.exec(address) ?? [];
  return name === undefined ? undefined : { kind: kind as Part["kind"], name };
}

/** The part in a sentence: a node by its bare name. */
export function describePart({ kind, name }: Part): string {
  return kind === "node" ? name : `${kind} ${name}`;
}
