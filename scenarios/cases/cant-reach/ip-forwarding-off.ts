import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "ip-forwarding-off",
  flow: "cant-reach",
  title: "The subnet router does not forward",
  report:
    "The office's router is online and its route is approved. After its last update nobody reaches anything behind it; the router itself answers.",
  topology: homelab,
  faults: [{ kind: "ip-forwarding-off", node: "router" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "printer", port: 9100 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "10.20.0.30:9100" },
  finding: { code: "TL106", node: "router" },
  look: [
    {
      on: "router",
      run: "sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding",
      tells: "`sysctl` has forwarding at 0 on the router",
    },
  ],
  hint: "The packets get to the router. What does its kernel do with packets that are not for itself?",
  remedy: [{ on: "router", sysctl: "net.ipv4.ip_forward", value: "1" }],
  sources: ["tailscale/tailscale#1413", "tailscale/tailscale#1586"],
} satisfies Case;
