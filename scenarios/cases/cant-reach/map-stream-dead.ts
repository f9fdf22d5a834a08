import type { Case } from "../case.ts";
import { addGrant, policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "map-stream-dead",
  flow: "cant-reach",
  title: "What control says no longer gets to a node, which believes to be connected",
  report:
    "I allowed bob the server's other service an hour ago. Headscale has the new policy, the server is online, and he still can't use it.",
  topology: homelab,
  faults: [
    {
      kind: "policy",
      policy: policyWith(
        { src: ["alice@"], dst: ["*"], ip: ["*"] },
        { src: ["bob@"], dst: ["tag:server"], ip: ["tcp:80"] },
      ),
    },
    { kind: "map-stream-cut", node: "server" },
  ],
  changes: addGrant({ src: ["bob@"], dst: ["tag:server"], ip: ["tcp:7"] }),
  agoMs: 5000,
  symptoms: [
    {
      attempt: { kind: "connect", from: "phone", to: "server", port: 7 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "phone", to: "server:7" },
  finding: { code: "TL303", node: "server" },
  look: [
    {
      on: "control",
      run: "headscale policy get | jq -c '.grants[] | [.src, .ip]'",
      tells: "the policy allows `bob@` port 7",
    },
    {
      on: "server",
      run: "tailscale debug netmap | jq -c '[.PacketFilter[].Dsts[].Ports] | unique'",
      tells: "the filter that the machine has does not: it is old",
    },
  ],
  hint: "Compare what control says with what the server believes: `tailscale debug netmap`.",
  remedy: [{ on: "server", run: "service tailscaled restart" }],
  sources: ["tailscale/tailscale#21106", "juanfont/headscale#1504"],
} satisfies Case;
