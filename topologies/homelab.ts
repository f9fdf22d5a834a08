import { defineLab } from "../lab/topology/index.ts";

/** What every Tailscale node here listens on, so that each pair can be tried in each protocol. */
const echoAndWeb = [
  { kind: "tcp-echo", port: 7 },
  { kind: "udp-echo", port: 7 },
  { kind: "http", port: 80 },
] as const;

/**
 * Two homes with the same addresses, an office, a studio and a cloud, each behind its own kind of
 * NAT; the policy beside it says who may reach what.
 */
export default defineLab({
  name: "homelab",
  tailnet: {
    domain: "tailnet.lab",
    policy: "homelab.policy.hujson",
    dns: {
      nameservers: ["internet"],
      splitDns: { "corp.internal": ["office-dns"] },
      extraRecords: [{ name: "printer.tailnet.lab", type: "A", value: "10.20.0.30" }],
    },
  },
  relays: { fra: { name: "Frankfurt" }, nyc: { name: "New York" } },
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.1.0/24" },
    office: { nat: "hard", lan: "10.20.0.0/24" },
    studio: { nat: "hard", lan: "192.168.50.0/24" },
    cloud: { nat: "none" },
  },
  nodes: {
    laptop: {
      kind: "tailscale",
      network: "home",
      user: "alice",
      acceptRoutes: true,
      services: [...echoAndWeb],
    },
    nas: {
      kind: "host",
      network: "home",
      address: "192.168.1.10",
      services: [...echoAndWeb],
    },
    phone: { kind: "tailscale", network: "cafe", user: "bob", services: [...echoAndWeb] },
    server: {
      kind: "tailscale",
      network: "office",
      address: "10.20.0.10",
      tags: ["tag:server"],
      services: [...echoAndWeb, { kind: "tcp-echo", port: 22 }, { kind: "http", port: 8080 }],
    },
    router: {
      kind: "tailscale",
      network: "office",
      tags: ["tag:router"],
      advertiseRoutes: ["10.20.0.0/24"],
      services: [...echoAndWeb],
    },
    printer: {
      kind: "host",
      network: "office",
      address: "10.20.0.30",
      services: [
        { kind: "http", port: 80 },
        { kind: "tcp-echo", port: 9100 },
      ],
    },
    "office-dns": {
      kind: "host",
      network: "office",
      address: "10.20.0.53",
      services: [
        {
          kind: "dns",
          domain: "corp.internal",
          records: { "printer.corp.internal": "10.20.0.30", "wiki.corp.internal": "10.20.0.10" },
        },
      ],
    },
    workstation: {
      kind: "tailscale",
      network: "studio",
      user: "alice",
      services: [...echoAndWeb],
    },
    exit: {
      kind: "tailscale",
      network: "cloud",
      tags: ["tag:exit"],
      exitNode: true,
      services: [...echoAndWeb],
    },
    www: {
      kind: "host",
      network: "internet",
      publicNames: ["www.example.com"],
      services: [{ kind: "http", port: 80 }],
    },
  },
});
