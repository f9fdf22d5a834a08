import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

const up = "ip link set lan up";
const defaultRoute = "ip route replace default via 192.168.1.1";

export default {
  name: "no-default-route",
  flow: "cant-reach",
  title: "The machine's interface is down",
  report:
    "The phone is on, and everybody else is online. It reaches nobody, and nobody reaches it.",
  topology: homelab,
  faults: [],
  changes: [{ on: "phone", run: "ip link set lan down", undo: `${up} && ${defaultRoute}` }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "phone", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "phone", to: "server:80" },
  finding: { code: "TL122", node: "phone" },
  look: [
    {
      on: "phone",
      run: "ip -br link show dev lan | awk '{ print $1, $2 }'",
      tells: "the interface is down",
    },
    {
      on: "phone",
      run: "ip route show default | wc -l",
      tells: "there is no default route",
    },
  ],
  hint: "Does the phone reach anything at all? Look at its interfaces and routes.",
  remedy: [
    { on: "phone", run: up },
    { on: "phone", run: defaultRoute },
  ],
  sources: ["tailscale/tailscale#8261"],
} satisfies Case;
