import type { Case } from "../case.ts";
import { connects, grants } from "../looks.ts";
import { addGrant, policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "exit-node-without-grant",
  flow: "cant-reach",
  title: "The policy lets nobody use the exit node's internet",
  report:
    "With the exit node switched on I reach all of my machines, but no web page at all opens.",
  topology: homelab,
  setup: [
    {
      on: "laptop",
      run: "tailscale set --exit-node=exit",
      undo: "tailscale set --exit-node=",
    },
  ],
  faults: [
    {
      kind: "policy",
      policy: policyWith({ src: ["alice@"], dst: ["tag:server", "tag:exit", "alice@"], ip: ["*"] }),
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "www", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "www.example.com:80" },
  finding: { code: "TL204" },
  look: [
    grants("an exit node is in use, and no rule has `autogroup:internet` as `dst`"),
    connects(
      "laptop",
      "www.example.com",
      80,
      "nothing of the internet is reached, its names included",
    ),
    connects("laptop", "exit", 80, "the exit node itself is"),
  ],
  hint: "The exit node forwards what the policy lets through. By what name does a policy call the internet?",
  remedy: addGrant({ src: ["alice@"], dst: ["autogroup:internet"], ip: ["*"] }),
  sources: ["tailscale/tailscale#14466", "tailscale/tailscale#7921"],
} satisfies Case;
