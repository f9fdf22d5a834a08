import type { Case } from "../case.ts";
import { approvals } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "route-not-advertised",
  flow: "cant-reach",
  title: "The subnet router advertises no route",
  report:
    "We could always print from home. Since somebody reinstalled the router in the office, the printer does not answer any more. The router itself is online.",
  topology: homelab,
  faults: [{ kind: "route-withdrawn", node: "router" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  finding: { code: "TL102" },
  look: [
    approvals("router", "nobody has the route under Available"),
    {
      on: "router",
      run: "tailscale debug prefs | grep -A 2 AdvertiseRoutes",
      tells: "the router advertises nothing",
    },
  ],
  hint: "Somebody has to say that the office's network is behind him. `headscale nodes list-routes` shows who does.",
  remedy: [{ on: "router", run: "tailscale set --advertise-routes=10.20.0.0/24" }],
  sources: ["tailscale/tailscale#5724"],
} satisfies Case;
