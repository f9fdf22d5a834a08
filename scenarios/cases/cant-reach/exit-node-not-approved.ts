import type { Case } from "../case.ts";
import { idOf } from "../known.ts";
import { approvals } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "exit-node-not-approved",
  flow: "cant-reach",
  title: "An exit node is offered, but not approved",
  report:
    "I made my cloud server an exit node with --advertise-exit-node. No client offers it to choose.",
  topology: homelab,
  faults: [{ kind: "route-unapproved", node: "exit" }],
  symptoms: [
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: "tailscale exit-node list | grep exit.tailnet.lab",
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  finding: { code: "TL115", node: "exit" },
  look: [
    approvals("exit|::/0", "`0.0.0.0/0` and `::/0` stand under Available, and not under Approved"),
  ],
  hint: "To offer is to ask. `headscale nodes list-routes` shows what was answered.",
  remedy: [
    idOf("exit"),
    {
      on: "control",
      run: "headscale nodes approve-routes -i $ID -r 0.0.0.0/0,::/0",
    },
  ],
  sources: ["tailscale/tailscale#3352", "juanfont/headscale#249"],
} satisfies Case;
