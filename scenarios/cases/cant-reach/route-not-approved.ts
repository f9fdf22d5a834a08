import type { Case } from "../case.ts";
import { idOf } from "../known.ts";
import { approvals } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "route-not-approved",
  flow: "cant-reach",
  title: "A route is advertised, but not approved",
  report:
    "I set up a subnet router in the office with --advertise-routes, exactly as the guide says. It is online, and I can reach it, but nothing behind it.",
  topology: homelab,
  faults: [{ kind: "route-unapproved", node: "router" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  finding: { code: "TL103", node: "router" },
  look: [approvals("router", "the route stands under Available, and not under Approved")],
  hint: "To advertise is to ask. Who answers, and what did he say?",
  remedy: [
    idOf("router"),
    { on: "control", run: "headscale nodes approve-routes -i $ID -r 10.20.0.0/24" },
  ],
  sources: ["juanfont/headscale#117", "juanfont/headscale#249", "tailscale/tailscale#16489"],
} satisfies Case;
