import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

const anew = "tailscale set --accept-dns=false && tailscale set --accept-dns=true";

export default {
  name: "search-domain-missing",
  flow: "names",
  title: "The tailnet's domain is not among the search domains",
  report:
    "The printer is not found by its name on my laptop, only as printer.tailnet.lab. I have tidied up resolv.conf a little, and the server I find as before.",
  topology: homelab,
  faults: [],
  changes: [
    {
      on: "laptop",
      run: "sed '/^search/d' /etc/resolv.conf > /tmp/resolv.conf && cat /tmp/resolv.conf > /etc/resolv.conf",
      undo: anew,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "command", on: "laptop", run: "getent hosts printer" },
      broken: "fails",
      repaired: "succeeds",
    },
    {
      attempt: { kind: "resolve", from: "laptop", name: "printer.tailnet.lab" },
      broken: "resolved",
      repaired: "resolved",
    },
  ],
  finding: { code: "TL510", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "grep -v '^#' /etc/resolv.conf",
      tells: "100.100.100.100 is asked, and there is no `search` line",
    },
    {
      on: "laptop",
      run: "getent hosts printer; getent hosts printer.tailnet.lab",
      tells: "only the whole name is found",
    },
  ],
  hint: "Which name does the laptop ask for, when you type `printer`?",
  remedy: [{ on: "laptop", run: anew }],
  sources: ["tailscale/tailscale#14742"],
} satisfies Case;
