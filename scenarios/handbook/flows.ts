import type { Case } from "../cases/case.ts";

/** A step of a page: one question, and the causes that answer it. */
export interface Section {
  title: string;
  /** What of the trouble leads here, for the table at the top. */
  see: string;
  /** What to type, and what is right. */
  text: string;
  /** How it looks where all is well: a look of a case, once it is repaired. */
  example?: { name: string; look: number };
  /** Of the catalogue, in the order in which to look. */
  codes: readonly string[];
}

/** A page of docs/troubleshooting/. */
export interface Flow {
  flow: Case["flow"];
  title: string;
  intro: string;
  sections: readonly Section[];
}

/** The order of a section's steps in `cant-reach` is that of the doctor's chain; control is last, as connections go on without it. */
export const flows: readonly Flow[] = [
  {
    flow: "cant-reach",
    title: "Connected, but can't reach",
    intro:
      "A machine is in the tailnet and does not reach another, or something behind it. The steps follow the packet: the first that is not right has the cause, and what comes after it is often only its consequence.",
    sections: [
      {
        title: "Machine",
        see: "`tailscale status` fails, says `Stopped` or `Logged out`, or has the other one as `offline`",
        text: "Type `tailscale status` on both ends. Where Tailscale runs, its first line is the machine itself; a peer that control has lost is `offline`.",
        example: { name: "tailscale-stopped", look: 0 },
        codes: [
          "TL118",
          "TL126",
          "TL119",
          "TL122",
          "TL101",
          "TL210",
          "TL211",
          "TL207",
          "TL205",
          "TL206",
          "TL208",
        ],
      },
      {
        title: "Name",
        see: "the name does not resolve, or leads to another machine; the address works",
        text: "Try the address that `tailscale status` shows. If that works, it is the name: see also [Names don't resolve](names.md).",
        example: { name: "duplicate-hostname", look: 0 },
        codes: ["TL209"],
      },
      {
        title: "Address",
        see: "`tailscale ping` says that there is no such peer",
        text: "The address must be one of the list of `tailscale status`, or of a LAN behind one of its machines.",
        codes: ["TL117"],
      },
      {
        title: "Route",
        see: "the subnet router or exit node itself answers, what is behind it does not; or the own LAN is gone",
        text: "Type `ip route get ADDRESS` on the machine that asks: an address of the tailnet or behind a subnet router must go by `tailscale0`, one of the own LAN must not. `headscale nodes list-routes` shows who serves which route.",
        example: { name: "routes-not-accepted", look: 0 },
        codes: ["TL116", "TL102", "TL103", "TL115", "TL128", "TL104", "TL124", "TL105", "TL110"],
      },
      {
        title: "Policy",
        see: "it works for one user and not for another, or on one port and not on another; connections time out",
        text: "`tailscale ping` passes beside the policy; and a machine does not see at all those with which no rule connects it. Type `headscale policy get` on the control server and look for a rule that has the one as `src`, the other as `dst`, and the port. `jq` reads a policy without comments.",
        codes: ["TL201", "TL202", "TL203", "TL204"],
      },
      {
        title: "Path",
        see: "`tailscale ping` times out, and both machines are online",
        text: "`tailscale ping` takes any way there is: direct, or by relay. Where it is not answered at all, look at the relays: [Control server and relays](other.md).",
        codes: ["TL307", "TL309", "TL121"],
      },
      {
        title: "Tunnel",
        see: "a connection opens, and hangs when much is sent; or nothing behind a router is reached, and the router is",
        text: "What the tunnel brings must fit through it, and a subnet router or exit node must hand it on. Type `ping -M do -s SIZE` with several sizes, and on the router `sysctl net.ipv4.ip_forward`.",
        example: { name: "ip-forwarding-off", look: 0 },
        codes: ["TL109", "TL106"],
      },
      {
        title: "Host firewall",
        see: "the policy allows it, `tailscale ping` is answered, and one port times out for everybody",
        text: "Type `nft list ruleset` on the target, and where there is iptables `iptables-save` and `iptables-legacy-save`: nft does not show the rules of the latter. A drop in any table is final, whatever Tailscale's own rules accept.",
        codes: ["TL114", "TL123"],
      },
      {
        title: "Service",
        see: "`connection refused`",
        text: "A refusal comes from the target's kernel: the packet arrived. Type `ss -ltn` there; the service must listen on the port, and on more than 127.0.0.1.",
        example: { name: "service-down", look: 1 },
        codes: ["TL111", "TL112", "TL125", "TL113", "TL127", "TL129"],
      },
      {
        title: "Way back",
        see: "requests arrive, as `tcpdump` shows, and no answer comes back",
        text: "The answer needs a way too. Ask on the subnet router whether the target answers it, and on the target `ip route get` with the address of who asks.",
        codes: ["TL120", "TL107", "TL108"],
      },
      {
        title: "Control",
        see: "what was changed on the control server has no effect on one machine",
        text: "Machines that know each other go on without the control server; nothing new gets to them. See also [Control server and relays](other.md).",
        codes: ["TL303", "TL301", "TL302"],
      },
    ],
  },
  {
    flow: "slow",
    title: "Slower than expected",
    intro:
      "It works, and is slow. First see which way the traffic takes: `tailscale ping` says `via` an address where the path is direct, and `via DERP` where a relay carries all of it.",
    sections: [
      {
        title: "UDP",
        see: "`tailscale ping` says `via DERP`, and `tailscale netcheck` has `UDP: false` on one side",
        text: "Direct paths are UDP. Type `tailscale netcheck` on both sides; one without UDP is enough to have all of it relayed.",
        example: { name: "udp-blocked", look: 0 },
        codes: ["TL402"],
      },
      {
        title: "NAT",
        see: "`via DERP`, `UDP: true`, and `MappingVariesByDestIP: true` on at least one side",
        text: "A NAT with another port for each destination (`MappingVariesByDestIP: true`, a hard NAT) allows a direct path only where the other side lets in whoever comes: with a port mapping, without a NAT, or by IPv6.",
        codes: ["TL401"],
      },
      {
        title: "Direct path",
        see: "`via DERP`, and netcheck finds nothing wrong on either side",
        text: "Both sides have UDP, and their NATs allow a direct path. Then something keeps tailscaled from it, or drops the packets between the two.",
        example: { name: "direct-path-cut", look: 0 },
        codes: ["TL411", "TL404", "TL410", "TL412"],
      },
      {
        title: "Relay",
        see: "`via DERP` of a region that is far away",
        text: "`tailscale netcheck` lists the regions, the nearest first. What goes to a machine goes by that machine's home region.",
        codes: ["TL403"],
      },
      {
        title: "Detour",
        see: "only what is outside of the tailnet is slow, or what stands in the own LAN",
        text: "Type `ip route get ADDRESS`, and look for an exit node in `tailscale status`.",
        example: { name: "detour-through-subnet-router", look: 0 },
        codes: ["TL405", "TL406"],
      },
      {
        title: "Link",
        see: "the path is direct, and slow all the same",
        text: "Send many pings, small ones and large ones (`-s 1200`). Small ones that get lost tell of a bad link, large ones alone of a narrow one.",
        example: { name: "packet-loss", look: 0 },
        codes: ["TL407", "TL408", "TL409"],
      },
    ],
  },
  {
    flow: "names",
    title: "Names don't resolve",
    intro:
      "Addresses work, names do not. A program asks the servers of /etc/resolv.conf, which should be tailscaled at 100.100.100.100; it answers names of the tailnet itself, and asks others for the rest.",
    sections: [
      {
        title: "Resolver of the machine",
        see: "`dig NAME @100.100.100.100` answers, and `getent hosts NAME` does not",
        text: "Look at /etc/resolv.conf. It has 100.100.100.100, or the stub of systemd-resolved (127.0.0.53), which `resolvectl status` explains.",
        example: { name: "resolv-conf-overwritten", look: 0 },
        codes: ["TL502", "TL503", "TL513", "TL514", "TL510"],
      },
      {
        title: "Names of the tailnet",
        see: "no name of a machine resolves, or one alone, and names of the internet do",
        text: "`tailscale dns status` says whether the tailnet has MagicDNS, `tailscale status` what the machines are called.",
        example: { name: "magic-dns-off", look: 0 },
        codes: ["TL501", "TL504", "TL511"],
      },
      {
        title: "Names of one domain",
        see: "names of one inner domain fail, all others resolve",
        text: "`tailscale dns status` lists the servers of a domain (split DNS). Ask one of them: `dig @SERVER NAME`; `ip route get SERVER` tells the way to it.",
        example: { name: "split-dns-server-unrouted", look: 1 },
        codes: ["TL506", "TL505", "TL512"],
      },
      {
        title: "Names of the internet",
        see: "names of the internet fail, those of the tailnet resolve",
        text: "`tailscale dns status` lists the resolvers of the tailnet. Ask each: `dig @RESOLVER example.com`.",
        example: { name: "global-resolver-down", look: 0 },
        codes: ["TL507", "TL508", "TL509"],
      },
    ],
  },
  {
    flow: "other",
    title: "Control server and relays",
    intro:
      "Machines learn of each other from the control server, and what has no direct path goes by a relay. Both are web servers: `curl` tells most.",
    sections: [
      {
        title: "Control server",
        see: "no machine can join, or `tailscale status` says that it can't reach the coordination server",
        text: "Type `curl https://CONTROL/health` on several machines: where it fails on one alone, it is that machine's network.",
        example: { name: "control-unreachable", look: 0 },
        codes: ["TL301", "TL302"],
      },
      {
        title: "Relays",
        see: "two machines behind hard NATs do not reach each other at all, while others do",
        text: "Type `curl https://RELAY/` on both machines: 200 is right. netcheck asks relays by STUN, which is UDP, and may be fine where this fails.",
        example: { name: "relay-tcp-blocked", look: 0 },
        codes: ["TL308", "TL304", "TL305", "TL306", "TL307", "TL309"],
      },
    ],
  },
];
