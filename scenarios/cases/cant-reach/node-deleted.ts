import type { Case } from "../case.ts";
import { idOf, joinsAnew, userOf } from "../known.ts";
import { twoHomes } from "../topologies.ts";

export default {
  name: "node-deleted",
  flow: "cant-reach",
  title: "Somebody has deleted the node at control, and it does not know",
  report:
    "I tidied up the list of machines, and there was one `server` that I took for an old one. It says Running and lists my laptop, so it can't have been that. But the laptop does not reach it.",
  topology: twoHomes(undefined),
  faults: [],
  changes: [
    {
      on: "server",
      run: "tailscale ip -4",
      undo: joinsAnew,
    },
    idOf("server"),
    {
      on: "control",
      run: "headscale nodes delete --identifier $ID --force",
      // With the address that it had, which Headscale gives away again only when it has started anew.
      undo: `headscale nodes delete --force --identifier "$(headscale nodes list -o json | jq '.[] | select(.name == "server").id')"; service headscale restart`,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server.tailnet.lab", port: 80 },
      broken: ["timeout", "unreachable", "unresolved"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL211", node: "server" },
  look: [
    {
      on: "server",
      run: "tailscale status --json | jq -r .BackendState",
      tells: "the machine says Running",
    },
    {
      on: "control",
      run: "headscale nodes list -o json | jq -r '.[].name' | grep -x server || echo none",
      tells: "`headscale nodes list` has no machine of this name, or none with its key",
    },
  ],
  hint: "`tailscale status` is what the machine was told last. Who else should know of it?",
  remedy: [
    userOf("alice"),
    { on: "control", run: "headscale preauthkeys create -u $OWNER", as: "KEY" },
    {
      on: "server",
      run: "tailscale up --force-reauth --auth-key=$KEY --login-server=https://control.lab.test --hostname=server",
    },
  ],
  sources: ["juanfont/headscale#3410", "tailscale/tailscale#20615"],
} satisfies Case;
