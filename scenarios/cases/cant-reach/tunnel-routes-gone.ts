import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

const restart = "service tailscaled restart";

export default {
  name: "tunnel-routes-gone",
  flow: "cant-reach",
  title: "The routes into the tunnel were removed",
  report:
    "After an update the network service of my laptop was restarted. `tailscale status` shows everybody, `tailscale ping` works, and no program reaches any of them.",
  topology: homelab,
  faults: [],
  changes: [{ on: "laptop", run: "ip route flush table 52", undo: restart }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL124", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "ip route show table 52 | grep -c tailscale0",
      tells: "table 52 is empty",
    },
    {
      on: "laptop",
      run: "ip route get 100.100.100.100 | grep -o 'dev [a-z0-9]*'",
      tells: "what should go into the tunnel goes to the LAN",
    },
  ],
  hint: "`ip route get` with the address of the server: by which interface would a packet leave?",
  remedy: [{ on: "laptop", run: restart }],
  sources: ["tailscale/tailscale#1591", "tailscale/tailscale#2325"],
} satisfies Case;
