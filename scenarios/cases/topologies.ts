import { extname } from "node:path";

/** The default lab: one lab of it serves many cases, one after the other. */
export const homelab = new URL(
  `../../topologies/homelab${extname(import.meta.url)}`,
  import.meta.url,
);
