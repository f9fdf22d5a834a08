import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "tailscaled-hangs",
  flow: "cant-reach",
  title: "tailscaled does not answer any more",
  report:
    "The server is up, I can log in on its console. But over the tailnet nothing gets through, and even `tailscale status` on it just hangs.",
  topology: homelab,
  faults: [],
  changes: [
    { on: "server", run: "kill -STOP $(pidof tailscaled)", undo: "kill -CONT $(pidof tailscaled)" },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL119", node: "server" },
  look: [
    {
      on: "server",
      run: 'timeout 5 tailscale ip -4; echo "exit code $?"',
      tells: "`tailscale` gets no answer of tailscaled: `timeout` ends it (124)",
    },
    {
      on: "server",
      run: "ps -o stat=,comm= -C tailscaled",
      tells: "the process is there, and stopped (`T`)",
    },
  ],
  hint: "The machine runs. Does the program that makes the tunnel?",
  remedy: [{ on: "server", run: "service tailscaled restart" }],
  sources: ["tailscale/tailscale#18943"],
} satisfies Case;
