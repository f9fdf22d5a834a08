import type { Case } from "../case.ts";
import { addGrant, policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "policy-one-way",
  flow: "cant-reach",
  title: "The policy allows one direction only",
  report:
    "From my laptop I open the page on the phone just fine. The other way round, from the phone to the laptop, nothing happens. It is the same network, isn't it?",
  topology: homelab,
  faults: [{ kind: "policy", policy: policyWith({ src: ["alice@"], dst: ["*"], ip: ["*"] }) }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "phone", to: "laptop", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "phone", to: "laptop:80" },
  finding: { code: "TL202" },
  hint: "A rule names who may begin a connection. Read it with the two the other way round.",
  remedy: addGrant({ src: ["bob@"], dst: ["alice@"], ip: ["tcp:80"] }),
  sources: ["tailscale/tailscale#7921"],
} satisfies Case;
