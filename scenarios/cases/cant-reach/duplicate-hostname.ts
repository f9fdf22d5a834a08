import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "duplicate-hostname",
  flow: "cant-reach",
  title: "Two machines call themselves the same",
  report:
    "I set up the phone from a backup of the laptop's settings. The name `phone` does not lead to it any more.",
  topology: homelab,
  faults: [{ kind: "duplicate-hostname", node: "phone", of: "laptop" }],
  symptoms: [
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: "tailscale ping --until-direct=false -c 1 phone",
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  finding: { code: "TL209" },
  look: [
    {
      on: "control",
      run: `headscale nodes list -o json | jq -c '[.[] | select(.name == ("laptop", "phone")) | [.name, .given_name]] | sort[]'`,
      tells:
        "two machines call themselves the same, and the control server has given one of them another name",
    },
  ],
  hint: "`headscale nodes list`: the name that a machine gives itself, and the name that it was given.",
  remedy: [{ on: "phone", run: "tailscale set --hostname=phone" }],
  sources: ["juanfont/headscale#2186"],
} satisfies Case;
