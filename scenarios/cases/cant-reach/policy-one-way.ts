import type { Case } from "../case.ts";
import { connects, grants, pings } from "../looks.ts";
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
  look: [
    grants("a rule has the two the other way round: `alice@` as `src`, and none `bob@`"),
    pings("phone", "laptop", "`tailscale ping` is answered: it passes beside the policy"),
    connects("phone", "laptop", 80, "a connection is not"),
    connects("laptop", "phone", 80, "in the other direction it is"),
  ],
  hint: "A rule names who may begin a connection. Read it with the two the other way round.",
  remedy: addGrant({ src: ["bob@"], dst: ["alice@"], ip: ["tcp:80"] }),
  sources: ["tailscale/tailscale#7921"],
} satisfies Case;
