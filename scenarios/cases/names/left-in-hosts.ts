import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

const name = "server.tailnet.lab";
const without = `sed '/^10\\.9\\.9\\.9[[:space:]].*${name.replaceAll(".", "\\.")}/d' /etc/hosts > /tmp/hosts && cp /tmp/hosts /etc/hosts`;

export default {
  name: "left-in-hosts",
  flow: "names",
  title: "A line in /etc/hosts hides the node's address",
  report: `Before we had MagicDNS I helped myself with some notes on the laptop. Now ${name} opens for all but me: my browser waits for it, and nothing comes.`,
  topology: homelab,
  faults: [],
  changes: [{ on: "laptop", run: `echo '10.9.9.9 ${name}' >> /etc/hosts`, undo: without }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: name, port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", name },
  finding: { code: "TL513", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: `getent ahostsv4 ${name} | awk '/STREAM/ { print $1 }'`,
      tells: "programs get an address that is not the tailnet's",
    },
    {
      on: "laptop",
      run: `dig +short @100.100.100.100 ${name}`,
      tells: "MagicDNS has another",
    },
    {
      on: "laptop",
      run: `grep -c ${name} /etc/hosts`,
      tells: "a line in `/etc/hosts` has the name",
    },
  ],
  hint: "Who answers, when a program on the laptop asks for the name? Compare `getent hosts` and `dig`.",
  remedy: [{ on: "laptop", run: without }],
  sources: ["tailscale/tailscale#9512", "tailscale/tailscale#15407"],
} satisfies Case;
