import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { findsPath, netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "direct-path-cut",
  flow: "slow",
  title: "UDP between the two sides is dropped on the way",
  report:
    "Both of us have fine connections, and to everybody else we are direct. Only between the two of us it goes through a relay.",
  topology: homelab,
  faults: [{ kind: "cut", between: ["home", "cafe"], protocol: "udp" }],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL410" },
  look: [
    findsPath("laptop", "phone", "no direct path is found, and netcheck is right on both sides"),
    netcheck("laptop", "-E 'UDP|MappingVaries'", "UDP works on the one side, and its NAT is easy"),
    netcheck("phone", "-E 'UDP|MappingVaries'", "so it is on the other"),
  ],
  hint: "Both NATs are easy, and UDP works on both sides. What is left between them?",
  remedy: foreignTables("router-home"),
  sources: ["tailscale/tailscale#12548"],
} satisfies Case;
