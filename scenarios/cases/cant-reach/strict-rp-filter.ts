import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "strict-rp-filter",
  flow: "cant-reach",
  title: "Strict reverse path filtering drops what comes by another way",
  report:
    "I hardened the router's sysctls by a checklist. Since then nobody reaches the office through it, though forwarding is on.",
  topology: homelab,
  faults: [{ kind: "rp-filter", node: "router" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  finding: { code: "TL108", node: "router" },
  hint: "The kernel drops a packet where the answer would leave by another interface. `sysctl -a | grep rp_filter`.",
  remedy: [{ on: "router", sysctl: "net.ipv4.conf.all.rp_filter", value: "0" }],
  sources: ["tailscale/tailscale#11184", "tailscale/tailscale#3310"],
} satisfies Case;
