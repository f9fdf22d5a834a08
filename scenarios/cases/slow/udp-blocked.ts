import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "udp-blocked",
  flow: "slow",
  title: "One side's firewall lets no UDP pass",
  report: "In the café everything works, but so slowly that I gave up on the backup.",
  topology: homelab,
  faults: [{ kind: "udp-blocked", at: "cafe" }],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL402", node: "phone" },
  look: [
    netcheck("phone", "UDP", "netcheck has `UDP: false` on one side"),
    netcheck("laptop", "UDP", "on the other UDP works"),
  ],
  hint: "`tailscale netcheck` on both sides. The first line.",
  remedy: foreignTables("router-cafe"),
  sources: ["tailscale/tailscale#4377"],
} satisfies Case;
