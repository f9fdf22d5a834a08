import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "detour-through-exit-node",
  flow: "slow",
  title: "All traffic goes through an exit node",
  report:
    "The whole internet is slow on my laptop, and web pages think that I am in another country.",
  topology: homelab,
  faults: [{ kind: "rate", at: "exit", kbit: 500 }],
  changes: [
    {
      on: "laptop",
      run: "tailscale set --exit-node=exit",
      undo: "tailscale set --exit-node=",
    },
  ],
  symptoms: [
    {
      attempt: { kind: "seen-from", from: "laptop", to: "www", port: 80 },
      broken: "198.18.118.0",
      repaired: "198.18.82.189",
    },
  ],
  question: { from: "laptop", to: "www.example.com:80" },
  finding: { code: "TL405", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "tailscale status | grep 'exit node'",
      tells:
        "`tailscale status` has a peer as `exit node`, which is in use; it would else offer to be one",
    },
  ],
  hint: "Which address do web pages see, and whose is it?",
  remedy: [{ on: "laptop", run: "tailscale set --exit-node=" }],
  sources: ["tailscale/tailscale#2564"],
} satisfies Case;
