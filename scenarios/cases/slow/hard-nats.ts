import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "hard-nats",
  flow: "slow",
  title: "Both ends are behind a NAT with a port for each destination",
  report:
    "Copying from my laptop to the phone is slow. `tailscale status` says relay, whatever I do.",
  topology: homelab,
  faults: [
    { kind: "nat", network: "home", preset: "hard" },
    { kind: "nat", network: "cafe", preset: "hard" },
  ],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL401" },
  hint: "`tailscale netcheck` on both: what does MappingVariesByDestIP say?",
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
  sources: ["tailscale/tailscale#5127", "tailscale/tailscale#14953", "tailscale/tailscale#12557"],
} satisfies Case;
