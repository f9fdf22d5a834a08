import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "tailscale-stopped",
  flow: "cant-reach",
  title: "Tailscale was stopped",
  report:
    "The server answers in its LAN, but no longer over the tailnet. I have not logged it out.",
  topology: homelab,
  faults: [{ kind: "tailscale-stopped", node: "server" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL210", node: "server" },
  look: [
    {
      on: "server",
      run: "tailscale status | head -n 1",
      tells: "`tailscale status` says that Tailscale is stopped",
    },
  ],
  hint: "`tailscale status` on the server has one line.",
  remedy: [{ on: "server", run: "tailscale up" }],
  sources: ["tailscale/tailscale#18943"],
} satisfies Case;
