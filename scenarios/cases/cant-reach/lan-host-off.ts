import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "lan-host-off",
  flow: "cant-reach",
  title: "The machine behind the subnet router does not run",
  report:
    "The printer in the office does not answer from home. The office-wide route is there, the router is online, and I reach other machines behind it.",
  topology: homelab,
  faults: [{ kind: "stop", node: "printer" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  // A printer has no shell.
  outOfSight: ["printer"],
  finding: { code: "TL120" },
  look: [
    {
      on: "router",
      run: "ping -c 2 -W 1 10.20.0.30 | grep loss",
      tells: "the subnet router, in the same LAN, gets no answer either",
    },
  ],
  hint: "Ask the router itself: does it reach the printer?",
  remedy: [{ on: "printer", power: "on" }],
  sources: ["tailscale/tailscale#7332"],
} satisfies Case;
