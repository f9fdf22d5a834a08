import type { Case } from "../case.ts";
import { asks, routeTo } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "split-dns-server-unrouted",
  flow: "names",
  title: "The DNS server of a split domain is behind a route that is not accepted",
  report:
    "wiki.corp.internal does not resolve on my laptop. `tailscale dns status` shows the right server for it.",
  topology: homelab,
  faults: [{ kind: "accept-routes-off", node: "laptop" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "wiki.corp.internal" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "wiki.corp.internal" },
  finding: { code: "TL506", node: "laptop" },
  look: [
    asks(
      "laptop",
      "10.20.0.53",
      "wiki.corp.internal",
      "the domain's server does not answer, and the way to it is not `tailscale0`",
    ),
    routeTo("laptop", "10.20.0.53", "it goes to the machine's own gateway"),
  ],
  hint: "The server is known. Is there a way to it?",
  remedy: [{ on: "laptop", run: "tailscale set --accept-routes" }],
  sources: ["tailscale/tailscale#20046"],
} satisfies Case;
