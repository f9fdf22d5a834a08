import type { Case } from "../case.ts";
import { routeTo } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "routes-not-accepted",
  flow: "cant-reach",
  title: "A client does not accept routes",
  report:
    "The route to the office is approved, and my colleague prints. On my laptop the printer does not answer. Same account, same tailnet.",
  topology: homelab,
  faults: [{ kind: "accept-routes-off", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  finding: { code: "TL104", node: "laptop" },
  look: [
    routeTo(
      "laptop",
      "10.20.0.30",
      "`ip route get` sends the address to the machine's own gateway, and not to `tailscale0`",
    ),
    {
      on: "laptop",
      run: "tailscale debug prefs | grep RouteAll",
      tells: "the machine does not accept routes",
    },
  ],
  hint: "Compare `tailscale status` on the two: one of them has a warning.",
  remedy: [{ on: "laptop", run: "tailscale set --accept-routes" }],
  sources: ["tailscale/tailscale#20046"],
} satisfies Case;
