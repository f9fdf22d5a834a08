import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "cgnat-collision",
  flow: "cant-reach",
  title: "The LAN uses addresses of 100.64.0.0/10, as the tailnet does",
  report: "At this hotel nothing of my tailnet works, though Tailscale says that it is connected.",
  topology: homelab,
  faults: [{ kind: "cgnat-collision", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL110", node: "laptop" },
  hint: "Look at the addresses of your own interfaces.",
  remedy: [
    {
      on: "laptop",
      run: "tailscale set --netfilter-mode=off",
      undo: "tailscale set --netfilter-mode=on",
    },
  ],
  sources: ["tailscale/tailscale#1381", "tailscale/tailscale#12829", "tailscale/tailscale#10237"],
} satisfies Case;
