/**
 * The names a declaration uses, also those of entries that the schema refused. Where a topology
 * lacks one of them, its issue is already told: what refers to it is left alone.
 */
export interface Declared {
  networks: ReadonlySet<string>;
  nodes: ReadonlySet<string>;
  relays: ReadonlySet<string>;
}
