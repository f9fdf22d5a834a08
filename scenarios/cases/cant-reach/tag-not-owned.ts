import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "tag-not-owned",
  flow: "cant-reach",
  title: "Nobody may give a machine this tag",
  report:
    "I want my laptop to be one of the servers. `tailscale up --advertise-tags=tag:web` says that the requested tags are invalid or not permitted.",
  topology: homelab,
  faults: [],
  changes: [],
  symptoms: [
    {
      attempt: { kind: "command", on: "laptop", run: "tailscale status" },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  finding: { code: "TL205" },
  hint: "Who owns the tag? The policy says it.",
  remedy: [{ on: "control", run: "true" }],
  sources: ["juanfont/headscale#3152", "juanfont/headscale#3374"],
} satisfies Case;
