import type { Case } from "../case.ts";
import { fetches } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "relay-untrusted",
  flow: "other",
  title: "The relays' certificates have expired",
  report:
    "Two years without any trouble, and suddenly the studio and the office don't see each other.",
  topology: homelab,
  faults: [
    { kind: "relay-untrusted", region: "fra" },
    { kind: "relay-untrusted", region: "nyc" },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "workstation", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "workstation", to: "server:80" },
  finding: { code: "TL306" },
  look: [fetches("workstation", "derp-fra.lab.test", "the certificate of a relay is refused")],
  hint: "`openssl s_client -connect derp-fra.lab.test:443`: until when?",
  remedy: [
    { on: "derp-fra", run: "rm /run/programs/derper && service derper restart" },
    { on: "derp-nyc", run: "rm /run/programs/derper && service derper restart" },
  ],
  sources: ["tailscale/tailscale#8076", "tailscale/tailscale#11898"],
} satisfies Case;
