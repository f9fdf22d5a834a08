import type { Case } from "../case.ts";
import { pings } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "peer-offline",
  flow: "cant-reach",
  title: "The other machine is offline, and who looks after it is somebody else",
  report:
    "The server is a colleague's, and stands in his office. Since this morning I reach nothing of it, and he is on holiday.",
  topology: homelab,
  faults: [{ kind: "stop", node: "server" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: `tailscale status --json | jq -e '.Peer[] | select(.HostName == "server").Online'`,
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  outOfSight: ["server", "control"],
  finding: { code: "TL101", node: "server" },
  look: [
    {
      on: "laptop",
      run: "tailscale status | grep server",
      tells: "`tailscale status` has the machine as `offline`, and nobody can look at it",
    },
    pings("laptop", "server", "it does not answer either"),
  ],
  hint: "What does `tailscale status` on your own machine say of it?",
  remedy: [{ on: "server", power: "on" }],
  sources: ["juanfont/headscale#1577"],
} satisfies Case;
