import type { Case } from "../case.ts";
import { connects } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "service-on-loopback",
  flow: "cant-reach",
  title: "The service listens on 127.0.0.1 alone",
  report:
    'On the server itself the page opens with curl http://localhost. From any other machine it says "connection refused".',
  topology: homelab,
  faults: [{ kind: "service-loopback-only", node: "server", port: 80 }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "refused",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL112", node: "server" },
  look: [
    { on: "server", run: "ss -ltn 'sport = :80'", tells: "the service listens on 127.0.0.1 alone" },
    connects("laptop", "server", 80, "the connection is refused"),
  ],
  hint: "`ss -ltn` on the server: on which address does it listen?",
  remedy: [
    {
      on: "server",
      run: "sed -i 's/listen 127.0.0.1:80 .*/listen 80; listen [::]:80 ipv6only=on;/' /etc/nginx/nginx.conf && service nginx restart",
    },
  ],
  sources: ["tailscale/tailscale#6699"],
} satisfies Case;
