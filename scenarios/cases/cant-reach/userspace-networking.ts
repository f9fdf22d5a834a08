import type { Case } from "../case.ts";
import { pings } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "userspace-networking",
  flow: "cant-reach",
  title: "tailscaled runs without a tunnel device",
  report:
    "On the workstation `tailscale ping server` answers in no time, but curl, ssh and the browser can't reach any address of the tailnet.",
  topology: homelab,
  faults: [{ kind: "userspace-networking", node: "workstation" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "workstation", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "workstation", to: "server:80" },
  finding: { code: "TL116", node: "workstation" },
  look: [
    {
      on: "workstation",
      run: "ip -4 -br addr show tailscale0",
      tells: "there is no interface `tailscale0`",
    },
    pings(
      "workstation",
      "server",
      "`tailscale ping` is answered all the same: tailscaled itself sends it",
    ),
  ],
  hint: "`ip addr`: which interface has the tailnet's address?",
  remedy: [
    {
      on: "workstation",
      run: "rm -f /run/programs/tailscaled && service tailscaled restart",
    },
  ],
  sources: ["tailscale/tailscale#10267", "tailscale/tailscale#9064"],
} satisfies Case;
