import type { Case } from "../case.ts";
import { pings } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "key-expired",
  flow: "cant-reach",
  title: "A node's key has expired",
  report:
    "The server was fine for half a year. Today nobody reaches it. I did not change anything!",
  topology: homelab,
  faults: [{ kind: "key-expired", node: "server" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL206", node: "server" },
  look: [
    {
      on: "control",
      run: `headscale nodes list | awk -F '|' '{ print $3 "|" $11 "|" $12 "|" $13 }' | grep -E 'Name|server'`,
      tells:
        "`headscale nodes list` has the key as expired, and the machine may be online all the same",
    },
    pings("laptop", "server", "nothing gets through"),
  ],
  hint: "Half a year is 180 days. What lasts 180 days by default?",
  remedy: [
    { on: "control", run: "headscale preauthkeys create --tags tag:server", as: "KEY" },
    {
      on: "server",
      run: "tailscale up --force-reauth --auth-key=$KEY --login-server=https://control.lab.test --hostname=server",
    },
  ],
  sources: ["tailscale/tailscale#3292", "tailscale/tailscale#1261", "tailscale/tailscale#6740"],
} satisfies Case;
