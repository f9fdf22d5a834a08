import type { Case } from "../case.ts";
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
  hint: "One of the two NATs is easy. Why is that not enough?",
  remedy: [
    {
      on: "phone",
      run: "ip -4 -o addr show dev lan | awk '{ print $4 }' | cut -d / -f 1",
      as: "PHONE",
    },
    {
      on: "router-cafe",
      run: 'nft "table ip forward41641 { chain in { type nat hook prerouting priority dstnat; iifname wan udp dport 41641 dnat to $PHONE; }; }"',
      undo: "nft delete table ip forward41641",
    },
    {
      on: "router-cafe",
      run: "nft insert rule inet filter forward iifname wan udp dport 41641 accept",
      undo: "true",
    },
  ],
  sources: ["tailscale/tailscale#5127", "tailscale/tailscale#12557"],
} satisfies Case;
