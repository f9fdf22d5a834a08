import type { Case } from "../case.ts";
import { forwardedPort } from "../known.ts";
import { findsPath, netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "port-forward-lost",
  flow: "slow",
  title: "A router has restarted, and forgot the port that it forwarded",
  report:
    "To the workstation in the studio I always had a direct connection. Since the power cut there it goes by a relay. Nobody has touched anything!",
  topology: homelab,
  setup: forwardedPort("router-studio", "workstation"),
  faults: [{ kind: "router-reboot", network: "studio" }],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "workstation" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "workstation" },
  finding: { code: "TL401", node: "workstation" },
  look: [
    findsPath("laptop", "workstation", "no direct path is found any more, where there was one"),
    netcheck("workstation", "Mapping", "the NAT is hard, so it needs a forwarded port"),
    { on: "router-studio", run: "nft list tables", tells: "the router forwards none" },
  ],
  hint: "The studio's NAT is hard. Why was there a direct path at all?",
  remedy: forwardedPort("router-studio", "workstation"),
  sources: ["tailscale/tailscale#5127", "tailscale/tailscale#11112"],
} satisfies Case;
