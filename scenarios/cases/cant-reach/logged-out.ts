import type { Case } from "../case.ts";
import { userOf } from "../known.ts";
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
    userOf("alice"),
    { on: "control", run: "headscale preauthkeys create -u $OWNER", as: "KEY" },
    {
      on: "workstation",
      run: "tailscale up --auth-key=$KEY --login-server=https://control.lab.test",
    },
    { on: "workstation", run: "tailscale set --hostname=workstation" },
  ],
  sources: ["tailscale/tailscale#6740"],
} satisfies Case;
