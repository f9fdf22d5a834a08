import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "control-unreachable",
  flow: "other",
  title: "A node can't reach the control server",
  report: "My laptop says that it can't reach the coordination server. The phone beside it can.",
  topology: homelab,
  faults: [{ kind: "control-unreachable", node: "laptop" }],
  symptoms: [
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: "curl -sSf --max-time 5 https://control.lab.test/health",
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  finding: { code: "TL302", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "curl -sS --max-time 5 https://control.lab.test/health",
      tells: "the control server does not answer one machine",
    },
    {
      on: "phone",
      run: "curl -sS --max-time 5 https://control.lab.test/health",
      tells: "it answers another one",
    },
  ],
  hint: "What stands between the laptop and control, and not between the phone and control?",
  remedy: foreignTables("router-home"),
  sources: ["tailscale/tailscale#11789", "tailscale/tailscale#15217"],
} satisfies Case;
