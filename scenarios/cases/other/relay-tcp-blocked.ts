import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { fetches, netcheck } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "relay-tcp-blocked",
  flow: "other",
  title: "A firewall lets STUN to the relays pass, but no TCP",
  report:
    "netcheck in the studio shows both relays with fine latencies. And yet the workstation reaches nothing in the office.",
  topology: homelab,
  faults: [
    { kind: "relay-tcp-blocked", region: "fra", at: "studio" },
    { kind: "relay-tcp-blocked", region: "nyc", at: "studio" },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "workstation", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "workstation", to: "server:80" },
  finding: { code: "TL305" },
  look: [
    fetches("workstation", "derp-fra.lab.test", "a relay does not answer one network by HTTPS"),
    fetches("server", "derp-fra.lab.test", "it answers another one"),
    netcheck("workstation", "fra:", "netcheck, by STUN, finds it all the same"),
  ],
  hint: "STUN is UDP. What does a relay need?",
  remedy: foreignTables("router-studio"),
  sources: ["tailscale/tailscale#17216"],
} satisfies Case;
