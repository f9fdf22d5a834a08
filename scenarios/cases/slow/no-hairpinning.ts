import type { Case } from "../case.ts";

export default {
  name: "no-hairpinning",
  flow: "slow",
  title: "Both ends are behind one router, which sends nothing back to its own side",
  report:
    "My neighbour and I have the same provider. To the rest of the world we are both direct; between the two of us, next door, all goes by a relay.",
  topology: {
    name: "one-carrier-case",
    tailnet: {
      policy: {
        tagOwners: { "tag:relay": ["alice@"] },
        grants: [
          { src: ["*"], dst: ["*"], ip: ["*"] },
          { src: ["*"], dst: ["tag:relay"], app: { "tailscale.com/cap/relay": [] } },
        ],
      },
    },
    networks: {
      carrier: { nat: "easy", lan: "10.64.0.0/16" },
      home: { nat: "easy", lan: "192.168.1.0/24", upstream: "carrier" },
      neighbour: { nat: "easy", lan: "192.168.2.0/24", upstream: "carrier" },
      cloud: { nat: "none" },
    },
    nodes: {
      laptop: { kind: "tailscale", network: "home", user: "alice" },
      desktop: { kind: "tailscale", network: "neighbour", user: "bob" },
      vps: { kind: "tailscale", network: "cloud", tags: ["tag:relay"] },
    },
  },
  faults: [],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "desktop" },
      broken: "derp",
      repaired: "peer-relay",
    },
    {
      attempt: { kind: "path", from: "laptop", to: "vps" },
      broken: "direct",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "desktop" },
  finding: { code: "TL412" },
  look: [
    {
      on: "laptop",
      run: "tailscale ping -c 8 desktop 2>&1 | grep -oE 'via (DERP|peer-relay|[0-9.]+)' | tail -n 1",
      tells: "no direct path is found, and both have one address",
    },
    {
      on: "laptop",
      run: "tailscale netcheck 2> /dev/null | grep IPv4 | cut -d : -f 1-2",
      tells: "the address of the one in the internet",
    },
    {
      on: "desktop",
      run: "tailscale netcheck 2> /dev/null | grep IPv4 | cut -d : -f 1-2",
      tells: "the other has the same: both are behind one router",
    },
  ],
  hint: "`tailscale netcheck` on both: what address do the two have in the internet?",
  remedy: [
    {
      on: "vps",
      run: "tailscale set --relay-server-port=40000",
      undo: 'tailscale set --relay-server-port=""',
    },
  ],
  sources: ["tailscale/tailscale#18658"],
} satisfies Case;
