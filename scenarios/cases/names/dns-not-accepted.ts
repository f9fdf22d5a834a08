import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "dns-not-accepted",
  flow: "names",
  title: "A node does not take the tailnet's DNS",
  report: "On my laptop `server.tailnet.lab` is not found. On every other machine it is.",
  topology: homelab,
  faults: [{ kind: "accept-dns-off", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server.tailnet.lab" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server.tailnet.lab" },
  finding: { code: "TL502", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "cat /etc/resolv.conf",
      tells: "/etc/resolv.conf has the resolver of the machine's own network",
    },
    {
      on: "laptop",
      run: "tailscale dns status | grep -m 1 'Tailscale DNS:'",
      tells: "the tailnet's DNS is not used",
    },
  ],
  hint: "Which DNS server does the laptop ask?",
  remedy: [{ on: "laptop", run: "tailscale set --accept-dns=true" }],
  sources: ["tailscale/tailscale#3742"],
} satisfies Case;
