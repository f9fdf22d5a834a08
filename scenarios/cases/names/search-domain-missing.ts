import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "search-domain-missing",
  flow: "names",
  title: "The search domain is missing",
  report: "`ssh server` worked until yesterday. Now I have to write server.tailnet.lab.",
  topology: homelab,
  faults: [],
  changes: [
    {
      on: "laptop",
      run: "grep -v ^search /etc/resolv.conf > /tmp/resolv.conf; cat /tmp/resolv.conf > /etc/resolv.conf",
      undo: "grep -q ^search /etc/resolv.conf || echo search tailnet.lab >> /etc/resolv.conf",
    },
  ],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
    {
      attempt: { kind: "resolve", from: "laptop", name: "server.tailnet.lab" },
      broken: "resolved",
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server" },
  finding: { code: "TL510", node: "laptop" },
  hint: "What is appended to a name without a dot, and where does it stand?",
  remedy: [{ on: "laptop", run: "echo search tailnet.lab >> /etc/resolv.conf" }],
  sources: ["tailscale/tailscale#4934"],
} satisfies Case;
