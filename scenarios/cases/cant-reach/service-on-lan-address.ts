import type { Case } from "../case.ts";
import { connects } from "../looks.ts";
import { homelab } from "../topologies.ts";

const everyAddress =
  "sed -i 's/listen [0-9.]*:80 /listen 80 /; s/# \\(listen \\[::\\]:80 \\)/\\1/' /etc/nginx/nginx.conf && service nginx restart";

export default {
  name: "service-on-lan-address",
  flow: "cant-reach",
  title: "The service listens on the LAN's address alone",
  report:
    'In the office everybody opens the server\'s page. Over the tailnet it says "connection refused", and the server answers my pings.',
  topology: homelab,
  faults: [],
  changes: [
    {
      on: "server",
      run: "sed -i \"s/listen 80 /listen $(ip -j -4 addr show dev lan | jq -r '.[0].addr_info[0].local'):80 /; s/listen \\[::\\]:80 /# &/\" /etc/nginx/nginx.conf && service nginx restart",
      undo: everyAddress,
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "refused",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL125", node: "server" },
  look: [
    {
      on: "server",
      run: "ss -ltn 'sport = :80'",
      tells: "the service listens on the LAN's address alone",
    },
    connects("laptop", "server", 80, "the connection is refused"),
  ],
  hint: "`ss -ltn` on the server: on which address does it listen, and which one do you ask for?",
  remedy: [{ on: "server", run: everyAddress }],
  sources: ["tailscale/tailscale#6699"],
} satisfies Case;
