import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "strict-rp-filter",
  flow: "cant-reach",
  title: "Strict reverse path filtering, and an exit node",
  report:
    "I hardened my laptop's sysctls by a checklist. It works, but as soon as I choose the exit node the laptop is cut off from everything.",
  topology: homelab,
  setup: [
    {
      on: "laptop",
      run: "tailscale set --exit-node=exit",
      undo: "tailscale set --exit-node=",
    },
  ],
  faults: [{ kind: "rp-filter", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "www", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "www.example.com:80" },
  finding: { code: "TL108", node: "laptop" },
  look: [
    { on: "laptop", run: "sysctl net.ipv4.conf.all.rp_filter", tells: "`rp_filter` is 1, strict" },
  ],
  hint: "The kernel drops a packet whose answer would leave by another interface. `sysctl -a | grep rp_filter`.",
  remedy: [{ on: "laptop", sysctl: "net.ipv4.conf.all.rp_filter", value: "2" }],
  sources: ["tailscale/tailscale#11184", "tailscale/tailscale#3310"],
} satisfies Case;
