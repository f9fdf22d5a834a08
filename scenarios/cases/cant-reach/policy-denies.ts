import type { Case } from "../case.ts";
import { addGrant, policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "policy-denies",
  flow: "cant-reach",
  title: "The policy has no rule for the two",
  report:
    "I can ping the server with `tailscale ping` from my phone, and it answers. But its web page never loads; the browser just sits there until it gives up.",
  topology: homelab,
  faults: [{ kind: "policy", policy: policyWith({ src: ["alice@"], dst: ["*"], ip: ["*"] }) }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "phone", to: "server", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "phone", to: "server:80" },
  finding: { code: "TL201" },
  hint: "`tailscale ping` passes beside the packet filter. Who is allowed to use what?",
  remedy: addGrant({ src: ["bob@"], dst: ["tag:server"], ip: ["tcp:80"] }),
  sources: ["juanfont/headscale#3149", "tailscale/tailscale#7921"],
} satisfies Case;
