import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "no-return-route",
  flow: "cant-reach",
  title: "A subnet router without SNAT, and a LAN that does not know the way back",
  report:
    "I switched SNAT off on the subnet router, to see real addresses in the printer's log. Now nobody can print. On the printer I see the packets come in!",
  topology: homelab,
  faults: [{ kind: "no-return-route", node: "router" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  finding: { code: "TL107", node: "router" },
  look: [
    {
      on: "router",
      run: "tailscale debug prefs | grep NoSNAT",
      tells: "the router does not masquerade (`NoSNAT`)",
    },
    {
      on: "printer",
      run: "ip route get 100.64.0.1",
      tells: "the target sends answers to its own gateway, which knows nothing of the tailnet",
    },
  ],
  hint: "The request gets there. To which address does the printer answer, and by which gateway?",
  remedy: [{ on: "router", run: "tailscale set --snat-subnet-routes=true" }],
  sources: ["tailscale/tailscale#14971", "tailscale/tailscale#16617"],
} satisfies Case;
