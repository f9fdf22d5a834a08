import type { LabDeclaration } from "../../../lab/topology/schema.ts";
import type { Case } from "../case.ts";
import { idOf, joinsAnew } from "../known.ts";
import { connects } from "../looks.ts";

const exit = { kind: "tailscale", network: "internet", user: "alice", exitNode: true } as const;

const twoExitNodes: LabDeclaration = {
  name: "two-exit-nodes-case",
  tailnet: {
    policy: {
      grants: [{ src: ["*"], dst: ["*", "autogroup:internet"], ip: ["*"] }],
      autoApprovers: { exitNode: ["alice@"] },
    },
  },
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    amsterdam: exit,
    lisbon: exit,
    www: {
      kind: "host",
      network: "internet",
      publicNames: ["www.example.com"],
      services: [{ kind: "http", port: 80 }],
    },
  },
};

export default {
  name: "exit-node-gone",
  flow: "cant-reach",
  title: "The exit node that is in use was removed from the tailnet",
  report:
    "Since last night my laptop has no internet, at home or elsewhere. In the tailnet all is well: it is online, and I reach my other machines.",
  topology: twoExitNodes,
  setup: [
    {
      on: "laptop",
      run: "tailscale set --exit-node=amsterdam",
      undo: "tailscale set --exit-node=",
    },
  ],
  faults: [],
  changes: [
    {
      on: "amsterdam",
      run: "tailscale ip -4",
      undo: joinsAnew,
    },
    idOf("amsterdam"),
    {
      on: "control",
      run: "headscale nodes delete --identifier $ID --force",
      // With the address that it had, which Headscale gives away again only when it has started anew.
      undo: "service headscale restart",
    },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "www", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "www.example.com:80" },
  finding: { code: "TL128", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "tailscale debug prefs | grep -c '\"ExitNodeID\": \"[^\"]'; tailscale status --json | jq '[.Peer[] | select(.ExitNode)] | length'",
      tells: "an exit node is set, and no peer is it",
    },
    connects("laptop", "www.example.com", 80, "nothing of the internet is reached"),
  ],
  hint: "`tailscale exit-node list` on the laptop: which one is selected?",
  remedy: [{ on: "laptop", run: "tailscale set --exit-node=lisbon" }],
  sources: [],
} satisfies Case;
