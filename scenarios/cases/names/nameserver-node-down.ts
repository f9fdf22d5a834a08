import type { Case } from "../case.ts";
import { declaredConfig } from "../known.ts";
import { twoHomes } from "../topologies.ts";

const tailnet = twoHomes({});

export default {
  name: "nameserver-node-down",
  flow: "names",
  title: "The DNS server of a domain is a node of the tailnet, and does not answer",
  report:
    "Our resolver is a machine of the tailnet. `tailscale ping` reaches it, and yet no name of corp.internal resolves, on no machine.",
  topology: {
    ...tailnet,
    name: "nameserver-node-case",
    nodes: {
      ...tailnet.nodes,
      resolver: {
        kind: "tailscale",
        network: "home",
        user: "alice",
        services: [
          {
            kind: "dns",
            domain: "corp.internal",
            records: { "wiki.corp.internal": "192.168.1.20" },
          },
        ],
      },
    },
  },
  setup: [
    {
      on: "control",
      run: `export address=$(headscale nodes list -o json | jq -r '.[] | select(.name == "resolver").ip_addresses[0]') && perl -0pi -e 's/^    split:.*/    split:\\n      corp.internal:\\n        - $ENV{address}/m' /lab/control/config.yaml && service headscale restart`,
      undo: declaredConfig,
    },
  ],
  faults: [{ kind: "dns-server-down", server: "resolver" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "wiki.corp.internal" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "wiki.corp.internal" },
  finding: { code: "TL512", node: "resolver" },
  look: [
    {
      on: "laptop",
      run: "dig +short +time=2 +tries=1 @$(tailscale ip -4 resolver) wiki.corp.internal",
      tells: "the server of the domain does not answer, and is itself a machine of the tailnet",
    },
    { on: "resolver", run: "service dnsmasq status", tells: "there its DNS server does not run" },
  ],
  hint: "`tailscale dns status`: whom does the laptop ask for corp.internal, and what listens there?",
  remedy: [{ on: "resolver", run: "service dnsmasq start" }],
  sources: ["tailscale/tailscale#993", "juanfont/headscale#2817"],
} satisfies Case;
