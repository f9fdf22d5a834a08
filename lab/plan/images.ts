import versions from "../../versions.json" with { type: "json" };
import type { ImageKey } from "./plan.ts";

/** What a topology without versions of its own needs. */
export const pinnedImages: ImageKey[] = [
  { program: "base" },
  { program: "headscale", version: versions.headscale },
  { program: "derper", version: versions.tailscale },
  { program: "tailscale", version: versions.tailscale },
];
