import type { Case } from "../case.ts";
import { routeTo } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "exit-node-with-lan-resolver",
  flow: "names",
  title: "With an exit node, the resolver in the own LAN is out of reach",
  report:
    "As soon as I choose the exit node the whole internet is gone on my laptop: no page opens. `ping 198.18.0.53` works. My DNS is the router's, as always.",
  topology: homelab,
  setup: [
    {
      on: "router-home",
      run: "dnsmasq --conf-file=/dev/null --user=root --no-hosts --no-resolv --server=198.18.0.53 --pid-file=/run/dnsmasq.pid",
      undo: "kill $(cat /run/dnsmasq.pid)",
    },
    {
      on: "laptop",
      run: "tailscale set --accept-dns=false && ip route show default | awk '{ print \"nameserver\", $3 }' > /etc/resolv.conf",
      undo: "echo nameserver 198.18.0.53 > /etc/resolv.conf && tailscale set --accept-dns",
    },
  ],
  faults: [],
  changes: [
    {
      on: "laptop",
      run: "tailscale set --exit-node=exit",
      undo: "tailscale set --exit-node=",
    },
  ],
  symptoms: [
    {
      attempt: { kind: "resolve", from: "laptop", name: "www.example.com" },
      broken: "NOANSWER",
      repaired: "resolved",
    },
    {
      attempt: { kind: "command", on: "laptop", run: "ping -c 1 -W 2 198.18.0.53" },
      broken: "succeeds",
      repaired: "succeeds",
    },
  ],
  question: { from: "laptop", name: "www.example.com" },
  finding: { code: "TL509", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "cat /etc/resolv.conf",
      tells: "the resolver stands in the own LAN, and an exit node is in use",
    },
    routeTo("laptop", "192.168.1.1", "what is for it goes into the tunnel"),
  ],
  hint: "Who is the laptop's resolver, and by which device does it send to it? `ip route get`.",
  remedy: [
    {
      on: "laptop",
      run: "tailscale set --exit-node-allow-lan-access=true",
      undo: "tailscale set --exit-node-allow-lan-access=false",
    },
  ],
  sources: ["tailscale/tailscale#2564"],
} satisfies Case;
