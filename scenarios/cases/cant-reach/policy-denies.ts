import type { Case } from "../case.ts";
import { grants } from "../looks.ts";
import { addGrant, policyWith } from "../policies.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "policy-denies",
  flow: "cant-reach",
  title: "The policy has no rule for the two",
  report:
    "My colleague sent me the server's address, and her own laptop opens the page. On my phone the browser just sits there until it gives up, and the app does not list the server at all.",
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
  look: [
    grants("no rule has `bob@`, or a group that he is in, as `src`"),
    {
      on: "phone",
      run: "tailscale status | awk '{ print $2 }'",
      tells:
        "`tailscale status` on the phone does not even list the server: a machine is told only of those with which a rule connects it",
    },
  ],
  hint: "A machine is told only of those with which a rule connects it. Who is allowed to use what?",
  remedy: addGrant({ src: ["bob@"], dst: ["tag:server"], ip: ["tcp:80"] }),
  sources: ["juanfont/headscale#3149", "tailscale/tailscale#7921"],
} satisfies Case;
