import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "control-down",
  flow: "other",
  title: "Headscale does not run",
  report:
    "I can't add the new machine: its login page does not open. All the others go on as if nothing was the matter.",
  topology: homelab,
  faults: [{ kind: "control-down" }],
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
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "reached",
      repaired: "reached",
    },
  ],
  finding: { code: "TL301" },
  look: [
    {
      on: "laptop",
      run: "curl -sS --max-time 5 https://control.lab.test/health",
      tells: "the control server answers nobody",
    },
    {
      on: "phone",
      run: "curl -sS --max-time 5 https://control.lab.test/health",
      tells: "it does not answer another machine either",
    },
  ],
  hint: "What do machines need control for, and what not?",
  remedy: [{ on: "control", run: "service headscale start" }],
  sources: ["juanfont/headscale#2491", "juanfont/headscale#3108"],
} satisfies Case;
