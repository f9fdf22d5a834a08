import type { Case } from "../case.ts";
import { asks } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "split-dns-server-down",
  flow: "names",
  title: "The DNS server of a split domain does not answer",
  report:
    "Names that end in corp.internal don't resolve since this morning, neither at home nor in the office. All others do.",
  topology: homelab,
  faults: [{ kind: "dns-server-down", server: "office-dns" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "wiki.corp.internal" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "wiki.corp.internal" },
  finding: { code: "TL505" },
  look: [
    asks(
      "laptop",
      "10.20.0.53",
      "wiki.corp.internal",
      "the domain's server does not answer, from wherever it is asked",
    ),
    asks("router", "10.20.0.53", "wiki.corp.internal", "nor does it in its own LAN"),
  ],
  hint: "Which server answers for this domain? Ask it yourself: `dig @10.20.0.53 wiki.corp.internal`.",
  remedy: [{ on: "office-dns", run: "service dnsmasq start" }],
  sources: ["tailscale/tailscale#2595"],
} satisfies Case;
