import type { Case } from "../case.ts";
import { idOf } from "../known.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "name-unknown",
  flow: "names",
  title: "The machine has another name in the tailnet",
  report:
    "`server.tailnet.lab` was our server for years. Since a colleague tidied up, nobody finds it, though it is online.",
  topology: homelab,
  faults: [],
  changes: [
    {
      on: "control",
      run: `headscale nodes rename files --identifier "$(headscale nodes list -o json | jq '.[] | select(.name == "server").id')"`,
      undo: `headscale nodes rename server --identifier "$(headscale nodes list -o json | jq '.[] | select(.name == "server").id')"`,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server.tailnet.lab" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server.tailnet.lab" },
  finding: { code: "TL504" },
  look: [
    {
      on: "laptop",
      run: "tailscale status | awk '{ print $2 }'",
      tells: "`tailscale status` has nobody of this name",
    },
    {
      on: "laptop",
      run: "dig server.tailnet.lab | grep status",
      tells: "the tailnet's DNS says that the name does not exist",
    },
  ],
  hint: "`tailscale status`: what are the machines called?",
  remedy: [
    idOf("server"),
    { on: "control", run: "headscale nodes rename server --identifier $ID" },
  ],
  sources: ["tailscale/tailscale#13473"],
} satisfies Case;
