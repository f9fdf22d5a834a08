import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

/** Who is no guest gets the portal's page, whatever page he asks for, and DNS; the portal is a web server outside. */
const portal = `page=$(dig +short @198.18.0.53 www.example.com) && nft -f - <<END
table inet portal {
  set guests { type ipv4_addr; }
  chain pages {
    type nat hook prerouting priority dstnat;
    iifname lan ip saddr != @guests tcp dport 80 dnat ip to $page
  }
  chain strangers {
    type filter hook forward priority filter - 1;
    iifname lan ip saddr @guests accept
    iifname lan ct status dnat accept
    iifname lan meta l4proto udp udp dport 53 accept
    iifname lan drop
  }
}
END`;

export default {
  name: "captive-portal",
  flow: "other",
  title: "The network lets nobody out who has not logged in on its own page",
  report:
    "In this hotel the phone has full Wi-Fi, and Tailscale says that it can't reach the coordination server.",
  topology: homelab,
  faults: [],
  changes: [{ on: "router-cafe", run: portal, undo: "nft delete table inet portal" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "phone", to: "laptop", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "phone", to: "laptop:80" },
  finding: { code: "TL308", node: "phone" },
  look: [
    {
      on: "phone",
      run: "curl -sS --max-time 5 -o /dev/null -w '%{http_code}\\n' http://derp-fra.lab.test/generate_204",
      tells: "at a relay's address something else than 204 is answered",
    },
  ],
  hint: "Open any page whose address begins with http://, on the phone. Whose page is it?",
  remedy: [
    {
      on: "phone",
      run: "ip -4 -o addr show dev lan | awk '{ print $4 }' | cut -d / -f 1",
      as: "GUEST",
    },
    { on: "router-cafe", run: "nft add element inet portal guests { $GUEST }" },
  ],
  sources: ["tailscale/tailscale#1634"],
} satisfies Case;
