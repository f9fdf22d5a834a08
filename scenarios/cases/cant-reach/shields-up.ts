import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "shields-up",
  flow: "cant-reach",
  title: "The node lets nobody in, by its own setting",
  report:
    "I can ping the server by Tailscale, and it reaches everything. But none of us gets a connection to it since it was set up anew, on no port.",
  topology: homelab,
  faults: [{ kind: "shields-up", node: "server" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL123", node: "server" },
  look: [
    {
      on: "server",
      run: "tailscale debug prefs | grep ShieldsUp",
      tells: "its shields are up",
    },
  ],
  hint: "The policy lets you in, and no firewall drops anything. What was the server itself told?",
  remedy: [{ on: "server", run: "tailscale set --shields-up=false" }],
  sources: ["tailscale/tailscale#11049"],
} satisfies Case;
