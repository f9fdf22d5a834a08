import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "udp-blocked-on-both",
  flow: "slow",
  title: "Both sides' firewalls let no UDP pass",
  report:
    "Two offices, each with a strict firewall. Tailscale connects them, but it is slow, day and night.",
  topology: homelab,
  faults: [
    { kind: "udp-blocked", at: "cafe" },
    { kind: "udp-blocked", at: "home" },
  ],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL402" },
  look: [
    netcheck("phone", "UDP", "netcheck has `UDP: false` on both sides"),
    netcheck("laptop", "UDP", "so it is on the other side"),
  ],
  hint: "`tailscale netcheck` on both sides. The first line.",
  remedy: [...foreignTables("router-cafe"), ...foreignTables("router-home")],
  sources: ["tailscale/tailscale#4377"],
} satisfies Case;
