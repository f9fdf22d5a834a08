import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "rate-limited",
  flow: "slow",
  title: "A link has a limited rate",
  report: "The connection to the phone is direct, ping is fine, and yet a file takes for ever.",
  topology: homelab,
  faults: [{ kind: "rate", at: "cafe", kbit: 500 }],
  symptoms: [
    {
      attempt: { kind: "transfer", from: "laptop", to: "phone", port: 7, kilobytes: 256 },
      broken: "slow",
      repaired: "fast",
    },
  ],
  question: { from: "laptop", to: "phone:7" },
  finding: { code: "TL408" },
  look: [
    {
      on: "laptop",
      run: "ping -q -c 200 -i 0.005 -s 1200 phone | grep loss",
      tells: "large packets, close together, get lost in a queue that is full",
    },
    {
      on: "laptop",
      run: "ping -q -c 50 -i 0.05 phone | grep loss",
      tells: "small ones all come back",
    },
  ],
  hint: "Ping while you copy: does it get slower?",
  remedy: [
    { on: "router-cafe", run: "tc qdisc del dev lan root" },
    { on: "router-cafe", run: "tc qdisc del dev wan root" },
  ],
  sources: ["tailscale/tailscale#7706"],
} satisfies Case;
