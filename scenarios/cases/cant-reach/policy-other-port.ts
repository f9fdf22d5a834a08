import type { Case } from "../case.ts";
import { connects, grants } from "../looks.ts";
import { addGrant, policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "policy-other-port",
  flow: "cant-reach",
  title: "The policy allows other ports than the one that is used",
  report:
    "I was told that I have access to the server now. The page on port 80 opens, but the service on port 7 does not, and for my colleague it does.",
  topology: homelab,
  faults: [
    {
      kind: "policy",
      policy: policyWith(
        { src: ["alice@"], dst: ["*"], ip: ["*"] },
        { src: ["bob@"], dst: ["tag:server"], ip: ["tcp:80"] },
      ),
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "phone", to: "server", port: 7 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "phone", to: "server:7" },
  finding: { code: "TL203" },
  look: [
    grants("the rule for `bob@` names another port alone"),
    connects("phone", "server", 7, "the one port times out"),
    connects("phone", "server", 80, "the other is open"),
  ],
  hint: "Which ports does the rule that lets you in name?",
  remedy: addGrant({ src: ["bob@"], dst: ["tag:server"], ip: ["tcp:7"] }),
  sources: ["tailscale/tailscale#3352"],
} satisfies Case;
