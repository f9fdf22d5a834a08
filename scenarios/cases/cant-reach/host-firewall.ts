import type { Case } from "../case.ts";
import { pings } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "host-firewall",
  flow: "cant-reach",
  title: "The machine's own firewall drops what comes from the tailnet",
  report:
    "The policy lets me in, `tailscale ping` answers, the service runs. From the server itself the page opens, from my laptop it times out.",
  topology: homelab,
  faults: [{ kind: "host-firewall", node: "server", protocol: "tcp", port: 80 }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL114", node: "server" },
  look: [
    {
      on: "server",
      run: "nft list ruleset 2> /dev/null | grep -B 3 'dport .* drop'",
      tells: "a chain that is not Tailscale's drops the port, and its counter grows",
    },
    pings("laptop", "server", "`tailscale ping` is answered"),
  ],
  hint: "The packet leaves the tunnel on the server. What stands between the tunnel and the service?",
  remedy: [
    {
      on: "server",
      run: "nft -j list tables | jq -r '.nftables[].table | select(. != null) | select(.family == \"inet\") | .name' | grep -v tailscale",
      as: "TABLE",
    },
    {
      on: "server",
      run: "nft -a list chain inet $TABLE input | sed -n 's/.* drop # handle //p'",
      as: "HANDLE",
    },
    { on: "server", run: "nft delete rule inet $TABLE input handle $HANDLE" },
  ],
  sources: ["tailscale/tailscale#7332", "tailscale/tailscale#9084"],
} satisfies Case;
