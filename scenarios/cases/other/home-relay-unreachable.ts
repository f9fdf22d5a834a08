import type { Case } from "../case.ts";
import { foreignTables } from "../known.ts";
import { fetches } from "../looks.ts";
import { homelab } from "../topologies.ts";

function atHome(region: string): string {
  return `tailscale status --json | jq -e '.Self.Relay == "${region}"'`;
}

export default {
  name: "home-relay-unreachable",
  flow: "other",
  title: "Each side's firewall lets one relay pass, and not the same",
  report:
    "The studio and the office both have a firewall that lets one relay pass. Both reach the laptop, so the relays work. The two don't reach each other.",
  topology: homelab,
  faults: [
    { kind: "cut", between: ["office", "derp-fra"] },
    { kind: "cut", between: ["studio", "derp-nyc"] },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "workstation", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
    // Each looks for a home that it reaches, for some seconds.
    {
      attempt: { kind: "command", on: "server", run: atHome("nyc") },
      broken: "succeeds",
      repaired: ["succeeds", "fails"],
    },
    {
      attempt: { kind: "command", on: "workstation", run: atHome("fra") },
      broken: "succeeds",
      repaired: ["succeeds", "fails"],
    },
  ],
  question: { from: "workstation", to: "server:80" },
  finding: { code: "TL307", node: "workstation" },
  look: [
    fetches(
      "workstation",
      "derp-nyc.lab.test",
      "each side reaches one relay alone, and not the same",
    ),
    fetches("workstation", "derp-fra.lab.test", "the other it does"),
    fetches("server", "derp-fra.lab.test", "the other side has it the other way round"),
    fetches(
      "server",
      "derp-nyc.lab.test",
      "so neither reaches the relay at which the other is at home",
    ),
  ],
  hint: "What goes by relay goes to the relay of the receiver. Which one is that, in each direction?",
  remedy: [...foreignTables("router-office"), ...foreignTables("router-studio")],
  sources: ["tailscale/tailscale#9524"],
} satisfies Case;
