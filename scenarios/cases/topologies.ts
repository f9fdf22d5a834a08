import { extname } from "node:path";
import type { LabDeclaration } from "../../lab/topology/schema.ts";

/** The default lab: one lab of it serves many cases, one after the other. */
export const homelab = new URL(
  `../../topologies/homelab${extname(import.meta.url)}`,
  import.meta.url,
);

/** Two homes with one machine each, for what is a matter of the tailnet's own settings. */
export function twoHomes(tailnet: LabDeclaration["tailnet"]): LabDeclaration {
  return {
    name: "two-homes-case",
    ...(tailnet === undefined ? {} : { tailnet }),
    networks: {
      home: { nat: "easy", lan: "192.168.1.0/24" },
      cafe: { nat: "easy", lan: "192.168.2.0/24" },
    },
    nodes: {
      laptop: { kind: "tailscale", network: "cafe", user: "alice" },
      server: {
        kind: "tailscale",
        network: "home",
        user: "alice",
        services: [{ kind: "http", port: 80 }],
      },
    },
  };
}
