import type { Case } from "../case.ts";
import { asks } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "global-resolver-down",
  flow: "names",
  title: "The global resolver does not answer",
  report: "No web page opens on any machine. Between my own machines all works, by name too.",
  topology: homelab,
  faults: [{ kind: "dns-server-down", server: "internet" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "www.example.com" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "www.example.com" },
  finding: { code: "TL508" },
  look: [
    asks("laptop", "198.18.0.53", "www.example.com", "the tailnet's resolver does not answer"),
    asks("laptop", "100.100.100.100", "server.tailnet.lab", "names of the tailnet resolve"),
  ],
  hint: "Names of the tailnet resolve, others don't. Who answers the others?",
  remedy: [{ on: "dns", run: "service dnsmasq start" }],
  sources: ["tailscale/tailscale#2564"],
} satisfies Case;
