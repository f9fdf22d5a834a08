import type { Case } from "../case.ts";
import { forwardedPort } from "../known.ts";
import { findsPath, netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "hard-nats",
  flow: "slow",
  title: "Both ends are behind a NAT with a port for each destination",
  report:
    "Copying from my laptop to the phone is slow. `tailscale status` says relay, whatever I do.",
  topology: homelab,
  faults: [
    { kind: "nat", network: "home", preset: "hard" },
    { kind: "nat", network: "cafe", preset: "hard" },
  ],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
    // What went direct to the office's name server goes by a relay some seconds later.
    {
      attempt: { kind: "resolve", from: "laptop", name: "wiki.corp.internal" },
      broken: "resolved",
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL401" },
  look: [
    netcheck("laptop", "MappingVaries", "`MappingVariesByDestIP` is true on both sides"),
    netcheck("phone", "MappingVaries", "so it is on the other side"),
    findsPath("laptop", "phone", "no direct path is found"),
  ],
  hint: "`tailscale netcheck` on both: what does MappingVariesByDestIP say?",
  remedy: forwardedPort("router-cafe", "phone"),
  sources: ["tailscale/tailscale#5127", "tailscale/tailscale#14953", "tailscale/tailscale#12557"],
} satisfies Case;
