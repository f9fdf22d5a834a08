import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "resolv-conf-overwritten",
  flow: "names",
  title: "Another program has written resolv.conf",
  report: "After I changed the Wi-Fi, no name of the tailnet works on my laptop. Addresses do.",
  topology: homelab,
  faults: [{ kind: "resolv-conf-overwritten", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server.tailnet.lab" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server.tailnet.lab" },
  finding: { code: "TL503", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "cat /etc/resolv.conf",
      tells: "/etc/resolv.conf is another program's, and 100.100.100.100 is not in it",
    },
  ],
  hint: "Who wrote /etc/resolv.conf? Its first line says it.",
  remedy: [
    { on: "laptop", run: "tailscale set --accept-dns=false && tailscale set --accept-dns=true" },
  ],
  sources: ["tailscale/tailscale#3742", "tailscale/tailscale#4934", "tailscale/tailscale#13473"],
} satisfies Case;
