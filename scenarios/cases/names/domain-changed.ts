import type { Case } from "../case.ts";
import { baseDomain, declaredConfig } from "../known.ts";
import { twoHomes } from "../topologies.ts";

export default {
  name: "domain-changed",
  flow: "names",
  title: "The tailnet has another domain than the name that is asked for",
  report:
    "All my bookmarks end in tailnet.lab, and none of them opens since our admin's maintenance. `tailscale status` shows the server, and by its address it answers.",
  topology: twoHomes({}),
  faults: [],
  changes: [
    {
      on: "control",
      run: baseDomain("corp.lab"),
      undo: declaredConfig,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server.tailnet.lab" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server.tailnet.lab" },
  finding: { code: "TL504", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "tailscale status --json | jq -r '.Peer[].DNSName'",
      tells: "`tailscale status --json` has the machine under another domain",
    },
  ],
  hint: "`tailscale status --json`: what is the whole name of the server?",
  remedy: [
    {
      on: "control",
      run: baseDomain("tailnet.lab"),
    },
  ],
  sources: ["juanfont/headscale#2209"],
} satisfies Case;
