import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

const name = "server.tailnet.lab";
const asItWas = "sed -i 's/^hosts:.*/hosts:          files dns/' /etc/nsswitch.conf";

export default {
  name: "nsswitch-without-dns",
  flow: "names",
  title: "Programs do not ask DNS at all",
  report: `\`dig ${name}\` gives the right address. The browser, curl and ping say that there is no such host.`,
  topology: homelab,
  faults: [],
  changes: [
    {
      on: "laptop",
      run: "sed -i 's/^hosts:.*/hosts:          files/' /etc/nsswitch.conf",
      undo: asItWas,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: name, port: 80 },
      broken: "unresolved",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", name },
  finding: { code: "TL514", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: `dig +short ${name}`,
      tells: "the servers of `/etc/resolv.conf` have the name",
    },
    {
      on: "laptop",
      run: `getent hosts ${name} || echo not found`,
      tells: "programs find nothing",
    },
    {
      on: "laptop",
      run: "grep ^hosts /etc/nsswitch.conf",
      tells: "there is no `dns` in the line",
    },
  ],
  hint: "`dig` and `getent hosts` differ. Which file tells a program where to look for names, before any server is asked?",
  remedy: [{ on: "laptop", run: "sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf" }],
  sources: ["tailscale/tailscale#2873"],
} satisfies Case;
