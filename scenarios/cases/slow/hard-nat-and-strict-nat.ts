import type { Case } from "../case.ts";
import { forwardedPort } from "../known.ts";
import { findsPath, netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "hard-nat-and-strict-nat",
  flow: "slow",
  title: "One end is behind a hard NAT, the other behind one that filters by port",
  report:
    "At home all is fast. In this hotel, the same laptop reaches the phone through a relay only.",
  topology: homelab,
  faults: [{ kind: "nat", network: "cafe", preset: "hard" }],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL401" },
  look: [
    findsPath(
      "laptop",
      "phone",
      "no direct path is found, and `MappingVariesByDestIP` is true on one side",
    ),
    netcheck("phone", "MappingVaries", "the NAT of the one is hard"),
    netcheck(
      "laptop",
      "MappingVaries",
      "that of the other is easy, which is not enough: it lets in only whom it has sent to, at that very port",
    ),
  ],
  hint: "One of the two NATs is easy. Why is that not enough?",
  remedy: forwardedPort("router-cafe", "phone"),
  sources: ["tailscale/tailscale#5127", "tailscale/tailscale#12557"],
} satisfies Case;
