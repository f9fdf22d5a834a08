import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "mtu-black-hole",
  flow: "cant-reach",
  title: "Large packets vanish on the way, and nobody is told",
  report:
    "Logging in at the phone works, and short answers come. As soon as I copy a file the connection hangs, always.",
  topology: homelab,
  faults: [{ kind: "mtu", at: "cafe", bytes: 1200 }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "phone", port: 7 },
      broken: "reached",
      repaired: "reached",
    },
    {
      attempt: { kind: "transfer", from: "laptop", to: "phone", port: 7, kilobytes: 256 },
      broken: "stalls",
      repaired: "fast",
    },
  ],
  question: { from: "laptop", to: "phone:7" },
  finding: { code: "TL109" },
  look: [
    {
      on: "laptop",
      run: "curl -sS --max-time 5 -o /dev/null -w '%{http_code}\\n' http://phone/",
      tells: "what is small passes, what is large does not: a request without more is answered",
    },
    {
      on: "laptop",
      run: `curl -sS --max-time 5 -o /dev/null -w '%{http_code}\\n' -H "X-Fill: $(printf %01100d 0)" http://phone/`,
      tells: "one that fills a packet is not",
    },
    {
      on: "laptop",
      run: "ping -c 2 -W 1 -M do -s 1000 phone | grep loss",
      tells: "a packet of 1028 bytes passes",
    },
    {
      on: "laptop",
      run: "ping -c 2 -W 1 -M do -s 1200 phone | grep loss",
      tells: "one of 1228 is lost, and nobody says so",
    },
  ],
  hint: "Ping with sizes: `ping -M do -s 1200`. Where does it end?",
  remedy: [
    {
      on: "laptop",
      run: "nft 'table inet clamp { chain out { type filter hook output priority mangle; oifname tailscale0 tcp flags syn tcp option maxseg size set 1000; }; chain in { type filter hook input priority mangle; iifname tailscale0 tcp flags syn tcp option maxseg size set 1000; }; }'",
      undo: "nft delete table inet clamp",
    },
  ],
  sources: ["tailscale/tailscale#3836", "tailscale/tailscale#7706", "tailscale/tailscale#4833"],
} satisfies Case;
