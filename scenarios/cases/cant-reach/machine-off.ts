import type { Case } from "../case.ts";
import { pings } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "machine-off",
  flow: "cant-reach",
  title: "The machine does not run",
  report: "I can't get at the server since last night. Everything else in the tailnet works.",
  topology: homelab,
  faults: [{ kind: "stop", node: "server" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL118", node: "server" },
  look: [
    {
      on: "laptop",
      run: "tailscale status | grep server",
      tells: "`tailscale status` has the machine as `offline`",
    },
    pings(
      "laptop",
      "server",
      "`tailscale ping`, which passes beside policies, is not answered either",
    ),
  ],
  hint: "Does anybody see the machine? `tailscale status` says when it was seen last.",
  remedy: [{ on: "server", power: "on" }],
  sources: ["juanfont/headscale#1577"],
} satisfies Case;
