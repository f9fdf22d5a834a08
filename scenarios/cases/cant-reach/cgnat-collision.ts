import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "cgnat-collision",
  flow: "cant-reach",
  title: "The LAN uses addresses of 100.64.0.0/10, as the tailnet does",
  report:
    "Our provider gives us addresses such as 100.64.0.253. With Tailscale running I no longer reach the machine beside me; without it I do.",
  topology: homelab,
  faults: [{ kind: "cgnat-collision", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "100.64.0.253", port: 80 },
      appears: true,
      broken: ["timeout", "unreachable"],
      repaired: ["reached", "connected"],
    },
  ],
  question: { from: "laptop", to: "100.64.0.253:80" },
  finding: { code: "TL110", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "ip -4 -br addr",
      tells: "another interface than `tailscale0` has an address of 100.64.0.0/10",
    },
    {
      on: "laptop",
      run: `nft list ruleset 2> /dev/null | grep 'iifname != "tailscale0'`,
      tells:
        "a rule of Tailscale's drops what comes from that range by another interface; its counter grows",
    },
  ],
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
