import type { Case } from "../case.ts";
import { asks } from "../looks.ts";
import { policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "dns-loop",
  flow: "names",
  title: "The tailnet's resolver asks the tailnet's resolver",
  report:
    "Our own resolver was to serve the whole tailnet. Now no name of the internet resolves, on any machine, and it takes ages to fail.",
  topology: homelab,
  // Everybody may ask the resolver.
  faults: [
    { kind: "policy", policy: policyWith({ src: ["*"], dst: ["*"], ip: ["*"] }) },
    { kind: "dns-loop" },
  ],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "www.example.com" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "www.example.com" },
  finding: { code: "TL507" },
  look: [
    {
      on: "laptop",
      run: "tailscale dns status | grep -A 1 ^Resolvers",
      tells: "the tailnet's resolver is one of its own machines, and that one asks 100.100.100.100",
    },
    {
      on: "exit",
      run: "grep nameserver /etc/resolv.conf",
      tells: "on that machine, `exit`, the nameserver is tailscaled, which asks `exit` again",
    },
    asks(
      "laptop",
      "100.100.100.100",
      "www.example.com",
      "a question goes round until it times out",
    ),
  ],
  hint: "Whom does the resolver ask what it does not know itself?",
  remedy: [
    {
      on: "control",
      run: `perl -0pi -e 's/^    global:(\\n      - .*)*/    global:\\n      - 198.18.0.53/m' /lab/control/config.yaml && service headscale restart`,
    },
  ],
  sources: ["tailscale/tailscale#2595"],
} satisfies Case;
