import type { Case } from "../case.ts";
import { connects } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "service-on-another-port",
  flow: "cant-reach",
  title: "The service listens on another port",
  report:
    'My colleague set up the admin page on the server, port 8000 he says. I get "connection refused". He swears that it runs.',
  topology: homelab,
  faults: [],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 8000 },
      broken: "refused",
      repaired: "connected",
    },
  ],
  question: { from: "laptop", to: "server:8000" },
  finding: { code: "TL113", node: "server" },
  look: [
    {
      on: "server",
      run: "ss -ltn | grep ':80'",
      tells: "a web server listens on 8080, and nothing on 8000, which was asked",
    },
    connects("laptop", "server", 8000, "the connection is refused"),
  ],
  hint: "The service runs. `ss -ltnp` on the server tells which port it has.",
  remedy: [
    {
      on: "server",
      run: "nft 'table inet web { chain in { type nat hook prerouting priority dstnat; tcp dport 8000 redirect to :8080; }; }'",
      undo: "nft delete table inet web",
    },
  ],
  sources: ["tailscale/tailscale#6699"],
} satisfies Case;
