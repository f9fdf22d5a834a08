import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "cloned-state",
  flow: "cant-reach",
  title: "Two machines run with the same state",
  report:
    "I cloned the laptop's disk for the workstation. Now both come and go in the tailnet, and connections break all the time.",
  topology: homelab,
  faults: [{ kind: "cloned-state", node: "workstation", of: "laptop" }],
  symptoms: [
    {
      attempt: {
        kind: "command",
        on: "workstation",
        run: "own=$(tailscale ip -4) && test $own != $(getent hosts laptop.tailnet.lab | cut -d ' ' -f 1)",
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  finding: { code: "TL208" },
  look: [
    { on: "laptop", run: "tailscale ip -4", tells: "two machines have one address" },
    { on: "workstation", run: "tailscale ip -4", tells: "it is that of the other machine" },
  ],
  hint: "`tailscale status` on both: what is the name of each?",
  remedy: [
    {
      on: "workstation",
      run: "rm -rf /var/lib/tailscale /run/programs/tailscaled && service tailscaled restart",
    },
    { on: "laptop", run: "service tailscaled restart" },
  ],
  sources: ["tailscale/tailscale#506", "tailscale/tailscale#392", "juanfont/headscale#2186"],
} satisfies Case;
