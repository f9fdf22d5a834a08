import type { LabDeclaration } from "../../../lab/topology/schema.ts";
import type { Case } from "../case.ts";
import { routeTo } from "../looks.ts";

const office: LabDeclaration = {
  name: "office-case",
  tailnet: {
    policy: {
      grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
      autoApprovers: { routes: { "10.20.0.0/24": ["alice@"] } },
    },
  },
  networks: {
    office: { nat: "easy", lan: "10.20.0.0/24" },
    home: { nat: "easy", lan: "192.168.1.0/24" },
  },
  nodes: {
    router: {
      kind: "tailscale",
      network: "office",
      address: "10.20.0.2",
      user: "alice",
      advertiseRoutes: ["10.20.0.0/24"],
    },
    backup: {
      kind: "host",
      network: "office",
      address: "10.20.0.40",
      services: [{ kind: "http", port: 80 }],
    },
    laptop: {
      kind: "tailscale",
      network: "home",
      user: "alice",
      acceptRoutes: true,
      services: [{ kind: "http", port: 80 }],
    },
  },
};

export default {
  name: "no-tailscale",
  flow: "cant-reach",
  title: "The machine that asks runs no Tailscale, and has no route to the tailnet",
  report:
    "The backup server in the office is behind our subnet router, and my laptop reaches it from everywhere. But it shall fetch files from the laptop every night, and for that it finds no way.",
  topology: office,
  faults: [],
  symptoms: [
    {
      attempt: { kind: "connect", from: "backup", to: "laptop", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
    {
      attempt: { kind: "connect", from: "laptop", to: "backup", port: 80 },
      broken: "reached",
      repaired: "reached",
    },
  ],
  question: { from: "backup", to: "laptop:80" },
  finding: { code: "TL126", node: "backup" },
  look: [
    routeTo(
      "backup",
      "100.64.1.1",
      "it sends what is for the tailnet to its own LAN's router, as all else",
    ),
  ],
  hint: "A subnet router brings the tailnet into a LAN. By which router does the LAN's machine send what it begins itself?",
  remedy: [
    {
      on: "backup",
      run: "ip route add 100.64.0.0/10 via 10.20.0.2",
      undo: "ip route del 100.64.0.0/10",
    },
  ],
  sources: [],
} satisfies Case;
