import type { Case } from "../case.ts";
import { routeTo } from "../looks.ts";
import { policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "detour-through-subnet-router",
  flow: "slow",
  title: "A machine in the office reaches its own LAN through the subnet router",
  report:
    "The server stands beside the printer. Since I switched --accept-routes on everywhere, printing from it takes twice the time, and the printer's log shows the router.",
  topology: homelab,
  faults: [{ kind: "policy", policy: policyWith({ src: ["*"], dst: ["*"], ip: ["*"] }) }],
  changes: [
    {
      on: "server",
      run: "tailscale set --accept-routes",
      undo: "tailscale set --accept-routes=false",
    },
  ],
  symptoms: [
    {
      attempt: { kind: "seen-from", from: "server", to: "printer", port: 80 },
      broken: "10.20.0.32",
      repaired: "10.20.0.10",
    },
  ],
  question: { from: "server", to: "10.20.0.30:80" },
  finding: { code: "TL406", node: "server" },
  look: [
    routeTo(
      "server",
      "10.20.0.30",
      "`ip route get` sends an address of the own LAN to `tailscale0`",
    ),
  ],
  hint: "`ip route get 10.20.0.30` on the server: by which device?",
  remedy: [
    {
      on: "server",
      run: "ip rule add to 10.20.0.0/24 priority 2500 lookup main",
      undo: "ip rule del priority 2500",
    },
  ],
  sources: ["tailscale/tailscale#16375", "tailscale/tailscale#1227"],
} satisfies Case;
