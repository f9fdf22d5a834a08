import type { Case } from "../case.ts";
import { fetches } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "relays-down",
  flow: "other",
  title: "The relays do not run",
  report: "Between the studio and the office nothing works since tonight. From home I reach both.",
  topology: homelab,
  faults: [
    { kind: "relay-down", region: "fra" },
    { kind: "relay-down", region: "nyc" },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "workstation", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "workstation", to: "server:80" },
  finding: { code: "TL304" },
  look: [
    fetches("workstation", "derp-fra.lab.test", "a relay answers nobody"),
    fetches("server", "derp-fra.lab.test", "it does not answer another network either"),
  ],
  hint: "Two hard NATs have one way to each other. Which?",
  remedy: [
    { on: "derp-fra", run: "service derper start" },
    { on: "derp-nyc", run: "service derper start" },
  ],
  sources: ["tailscale/tailscale#12548"],
} satisfies Case;
