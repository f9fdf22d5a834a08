import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { fetches, netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "uplink-down",
  flow: "cant-reach",
  title: "A network's uplink lets nothing through",
  report:
    "The workstation in the studio is gone since the thunderstorm. The caretaker says that it is switched on, and its lights blink.",
  topology: homelab,
  faults: [{ kind: "cut", between: ["studio", "internet"] }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "workstation", port: 80 },
      broken: "timeout",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "workstation:80" },
  finding: { code: "TL121", node: "workstation" },
  look: [
    fetches("workstation", "derp-fra.lab.test", "it reaches no relay"),
    netcheck("workstation", "UDP", "no STUN server answers it"),
  ],
  hint: "What does the workstation reach at all? `tailscale netcheck` there.",
  remedy: foreignTables("router-studio"),
  sources: ["tailscale/tailscale#12548"],
} satisfies Case;
