import type { Case } from "../case.ts";
import { baseDomain, declaredConfig } from "../known.ts";
import { asks } from "../looks.ts";
import { twoHomes } from "../topologies.ts";

export default {
  name: "base-domain-covers-control",
  flow: "names",
  title: "The tailnet's domain covers the control server's own name",
  report:
    "I gave the tailnet a nicer domain. Now no machine of it finds control.lab.test; others do, and the server runs.",
  topology: twoHomes({}),
  faults: [],
  changes: [
    {
      on: "control",
      // Headscale compares the two, but for a server_url with a port.
      run: `sed -i 's|^server_url: .*|server_url: https://control.lab.test:443|' /lab/control/config.yaml && ${baseDomain("lab.test")}`,
      undo: declaredConfig,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "control.lab.test" },
      broken: "NXDOMAIN",
      repaired: "resolved",
    },
    {
      attempt: { kind: "command", on: "server", run: "curl -sSf https://control.lab.test/health" },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  question: { from: "laptop", name: "control.lab.test" },
  finding: { code: "TL511" },
  look: [
    asks(
      "laptop",
      "100.100.100.100",
      "control.lab.test",
      "MagicDNS does not know the control server's name",
    ),
    asks("laptop", "198.18.0.53", "control.lab.test", "the internet's DNS does"),
    {
      on: "control",
      run: "grep -E '^server_url|base_domain' /etc/headscale/config.yaml",
      tells: "`server_url` lies in `base_domain`",
    },
  ],
  hint: "Who answers on the laptop for the whole of lab.test? `tailscale dns status`.",
  remedy: [
    {
      on: "control",
      run: baseDomain("tailnet.lab"),
    },
  ],
  sources: ["juanfont/headscale#2354", "juanfont/headscale#2209"],
} satisfies Case;
