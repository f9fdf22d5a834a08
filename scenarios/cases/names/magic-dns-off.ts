import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "magic-dns-off",
  flow: "names",
  title: "The tailnet has no MagicDNS",
  report: "None of my machines has a name any more. By address everything works.",
  topology: homelab,
  faults: [{ kind: "magic-dns-off" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server" },
  finding: { code: "TL501" },
  hint: "`tailscale dns status` on any machine.",
  remedy: [
    {
      on: "control",
      run: "sed -i 's/^  magic_dns: .*/  magic_dns: true/' /lab/control/config.yaml && service headscale restart",
    },
  ],
  sources: ["juanfont/headscale#2899"],
} satisfies Case;
