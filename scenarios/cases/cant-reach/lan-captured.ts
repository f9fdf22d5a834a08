import type { Case } from "../case.ts";
import { routeTo } from "../looks.ts";
import { policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "lan-captured",
  flow: "cant-reach",
  title: "An accepted route takes one's own LAN away",
  report:
    "Since today I can't reach my own NAS at home, from a laptop that stands beside it. If I stop Tailscale, it works at once.",
  topology: homelab,
  faults: [{ kind: "policy", policy: policyWith({ src: ["*"], dst: ["*"], ip: ["*"] }) }],
  changes: [
    {
      on: "phone",
      run: "tailscale set --advertise-routes=192.168.1.0/24 2>&1",
      undo: "tailscale set --advertise-routes=",
    },
    {
      on: "control",
      run: `headscale nodes approve-routes --identifier "$(headscale nodes list -o json | jq '.[] | select(.name == "phone").id')" --routes 192.168.1.0/24`,
      undo: `headscale nodes approve-routes --identifier "$(headscale nodes list -o json | jq '.[] | select(.name == "phone").id')" --routes ""`,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "192.168.1.10", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: ["reached", "connected"],
    },
  ],
  question: { from: "laptop", to: "192.168.1.10:80" },
  finding: { code: "TL105", node: "laptop" },
  look: [
    routeTo(
      "laptop",
      "192.168.1.10",
      "`ip route get` sends the address of a neighbour to `tailscale0`",
    ),
  ],
  hint: "`ip route get 192.168.1.10`: by which device?",
  remedy: [
    {
      on: "laptop",
      run: "ip rule add to 192.168.1.0/24 priority 2500 lookup main",
      undo: "ip rule del priority 2500",
    },
  ],
  sources: ["tailscale/tailscale#1227", "tailscale/tailscale#13958", "tailscale/tailscale#6231"],
} satisfies Case;
