import type { Case } from "../case.ts";
import { twoHomes } from "../topologies.ts";

export default {
  name: "magic-dns-off",
  flow: "names",
  title: "The tailnet has no MagicDNS",
  report: "None of my machines has a name any more. By address everything works.",
  topology: twoHomes({ dns: { nameservers: [] } }),
  faults: [{ kind: "magic-dns-off" }],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "server.tailnet.lab" },
      broken: ["NXDOMAIN", "SERVFAIL", "NOANSWER", "REFUSED", "no-address"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "server.tailnet.lab" },
  finding: { code: "TL501" },
  look: [
    {
      on: "laptop",
      run: "tailscale dns status | grep -m 1 MagicDNS:",
      tells: "`tailscale dns status` says that the tailnet has no MagicDNS",
    },
    {
      on: "control",
      run: "grep magic_dns /etc/headscale/config.yaml",
      tells: "so the control server's configuration has it",
    },
  ],
  hint: "`tailscale dns status` on any machine.",
  remedy: [
    {
      on: "control",
      run: "sed -i 's/^  magic_dns: .*/  magic_dns: true/' /lab/control/config.yaml && service headscale restart",
    },
  ],
  sources: ["juanfont/headscale#2899"],
} satisfies Case;
