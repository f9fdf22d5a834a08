import type { Case } from "../case.ts";
import { twoHomes } from "../topologies.ts";

const region = "jq '.Regions[] | select(.RegionCode == \"nyc\").RegionID'";
const anyRegion = "tailscale debug force-prefer-derp 0 && tailscale debug restun";
/** A tailscaled that has just started knows no relays yet. */
const restart = "service tailscaled restart && timeout 20 tailscale wait";
const homes = twoHomes({});

export default {
  name: "relay-far",
  flow: "slow",
  title: "A node's home relay is far away, and another is near",
  report:
    "My server always was behind a relay, and it was fine. Since I tried something out with the relays last week, each keystroke takes a moment to show.",
  topology: {
    ...homes,
    name: "far-relay-case",
    networks: {
      home: { nat: "hard", lan: "192.168.1.0/24" },
      cafe: { nat: "hard", lan: "192.168.2.0/24" },
    },
    faults: [{ kind: "latency", at: "derp-nyc", ms: 150 }],
  },
  // They remember for minutes how near it was before the lab had its latency.
  setup: [
    { on: "laptop", run: restart },
    { on: "server", run: restart },
  ],
  faults: [],
  changes: [
    {
      on: "server",
      run: `tailscale debug force-prefer-derp $(tailscale debug derp-map | ${region}) && tailscale debug restun`,
      undo: anyRegion,
    },
    // Who has heard from the server by the near relay goes on to send there.
    { on: "laptop", run: restart },
  ],
  symptoms: [
    // It starts anew: what it does not reach yet is not slow.
    {
      attempt: { kind: "command", on: "laptop", run: "ping -q -c 1 -W 2 server" },
      broken: "succeeds",
      repaired: "succeeds",
    },
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: "ping -q -c 5 -i 0.3 server | awk -F/ '/^rtt/ { time = $5 } END { exit !(time >= 100) }'",
      },
      broken: "succeeds",
      repaired: "fails",
    },
  ],
  finding: { code: "TL403", node: "server" },
  look: [
    {
      on: "server",
      run: "tailscale status --json | jq -r .Self.Relay",
      tells: "its home relay is not the nearest",
    },
    {
      on: "server",
      run: "tailscale netcheck 2> /dev/null | grep -A 2 'DERP latency'",
      tells: "another region is nearer",
    },
  ],
  hint: "`tailscale netcheck` on both, and `tailscale status`: which relay is near, and which one is used?",
  remedy: [{ on: "server", run: "service tailscaled restart" }],
  sources: ["tailscale/tailscale#6187", "tailscale/tailscale#8603"],
} satisfies Case;
