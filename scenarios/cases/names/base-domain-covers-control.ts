import type { Case } from "../case.ts";
import { twoHomes } from "../topologies.ts";

export default {
  name: "base-domain-covers-control",
  flow: "names",
  title: "MagicDNS's base domain covers the control server's own name",
  report:
    "Since the first login nothing is wrong with the tailnet itself. But my machines don't find control.lab.test any more: the login page does not open, and updates fail.",
  topology: twoHomes({ domain: "lab.test" }),
  faults: [],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "control.lab.test" },
      broken: ["NXDOMAIN", "SERVFAIL"],
      repaired: "resolved",
    },
  ],
  question: { from: "laptop", name: "control.lab.test" },
  finding: { code: "TL511" },
  hint: "Who answers for all names that end in lab.test?",
  remedy: [
    {
      on: "control",
      run: `echo "[{\\"name\\": \\"control.lab.test\\", \\"type\\": \\"A\\", \\"value\\": \\"$(ip -4 -o addr show dev inet | awk '{ print $4 }' | cut -d / -f 1)\\"}]" > /lab/control/dns-records.json`,
      undo: "echo '[]' > /lab/control/dns-records.json",
    },
  ],
  sources: ["juanfont/headscale#2354", "juanfont/headscale#2209"],
} satisfies Case;
