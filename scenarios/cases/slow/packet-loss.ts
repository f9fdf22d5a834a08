import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "packet-loss",
  flow: "slow",
  title: "A link loses packets",
  report:
    "Pages on the phone open, after a while. Copying a file crawls at a few kilobytes a second.",
  topology: homelab,
  faults: [{ kind: "loss", at: "cafe", percent: 25 }],
  symptoms: [
    {
      attempt: { kind: "transfer", from: "laptop", to: "phone", port: 7, kilobytes: 256 },
      broken: ["slow", "stalls"],
      repaired: "fast",
    },
  ],
  question: { from: "laptop", to: "phone:7" },
  finding: { code: "TL407" },
  look: [
    {
      on: "laptop",
      run: "ping -q -c 100 -i 0.02 phone | grep loss",
      tells: "small packets get lost",
    },
  ],
  hint: "Many pings in a row, and how many come back.",
  remedy: foreignTables("router-cafe"),
  sources: ["tailscale/tailscale#9084"],
} satisfies Case;
