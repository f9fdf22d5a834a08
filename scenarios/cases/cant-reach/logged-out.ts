import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "logged-out",
  flow: "cant-reach",
  title: "A node is logged out",
  report:
    "The workstation in the studio has vanished from the tailnet. Its Tailscale icon is grey.",
  topology: homelab,
  faults: [{ kind: "logged-out", node: "workstation" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "workstation", to: "laptop", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "workstation", to: "laptop:80" },
  finding: { code: "TL207", node: "workstation" },
  look: [
    {
      on: "workstation",
      run: "tailscale status | head -n 1",
      tells: "`tailscale status` says that the machine is logged out",
    },
  ],
  hint: "`tailscale status` on the workstation.",
  remedy: [
    {
      on: "control",
      run: `headscale preauthkeys create --user "$(headscale users list -o json | jq '.[] | select(.name == "alice").id')"`,
      as: "KEY",
    },
    {
      on: "workstation",
      run: "tailscale login --login-server=https://control.lab.test --auth-key=$KEY --hostname=workstation",
    },
  ],
  sources: ["tailscale/tailscale#6740"],
} satisfies Case;
