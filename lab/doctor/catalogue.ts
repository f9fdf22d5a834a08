import type { CatalogueEntry } from "./finding.ts";

/** Every cause that can be told. A code is permanent, and never used again for something else. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    code: "TL101",
    name: "node-offline",
    severity: "error",
    title: "The target is offline: control has no connection to it.",
    explanation:
      "Traffic between two nodes needs both to be connected to the tailnet: keys and endpoints are told by control. A node that is switched off, has no internet, or whose tailscaled does not run is `offline` in `tailscale status`. Control may also lose a node that goes on working: then pings succeed, and this is no cause.",
    sources: [],
  },
  {
    code: "TL102",
    name: "route-not-advertised",
    severity: "error",
    title: "Nobody advertises a route to the address.",
    explanation:
      "An address of a LAN is reached through the tailnet where a node advertises a route that covers it (`tailscale set --advertise-routes`). Where no peer does, the packet takes the way of the internet and is lost. A route that is not advertised any more looks the same.",
    sources: [],
  },
  {
    code: "TL103",
    name: "route-not-approved",
    severity: "error",
    title: "A node advertises a route that control has not approved.",
    explanation:
      "A node may advertise any route; control hands it to others only where an administrator, or `autoApprovers` of the policy, approves it. Until then the router looks right, and no client has the route.",
    sources: ["juanfont/headscale#117", "juanfont/headscale#249", "tailscale/tailscale#5724"],
  },
  {
    code: "TL104",
    name: "routes-not-accepted",
    severity: "error",
    title: "A subnet router serves the route, and this node does not accept routes.",
    explanation:
      "On Linux a node uses the routes of subnet routers only with `--accept-routes`. The peers' routes are in its netmap, and table 52 does not have them.",
    sources: ["tailscale/tailscale#20046"],
  },
  {
    code: "TL105",
    name: "lan-captured-by-route",
    severity: "error",
    title:
      "An accepted route covers the node's own LAN, so that its neighbours are sought in the tailnet.",
    explanation:
      "Table 52 goes before the main table. Where a node sits in a LAN whose prefix a subnet router advertises, and accepts routes, its packets to its own neighbours go through the tailnet: to another LAN with the same addresses, or to its own by way of the router.",
    sources: ["tailscale/tailscale#1164", "tailscale/tailscale#6231", "tailscale/tailscale#13958"],
  },
  {
    code: "TL106",
    name: "ip-forwarding-off",
    severity: "error",
    title: "A subnet router or exit node does not forward packets.",
    explanation:
      "A subnet router or an exit node hands packets from the tunnel to its LAN, which the kernel does only with `net.ipv4.ip_forward` and `net.ipv6.conf.all.forwarding`. The tunnel works, and everything behind the node is dead.",
    sources: ["tailscale/tailscale#1413", "tailscale/tailscale#1586"],
  },
  {
    code: "TL107",
    name: "no-return-route",
    severity: "error",
    title: "A router of the tailnet does not masquerade, and who is asked has no way back to it.",
    explanation:
      "With `--snat-subnet-routes=false` hosts of the LAN see the addresses of the tailnet, and must know a way back to them: a route to 100.64.0.0/10 by the subnet router, on the host or on the LAN's gateway. Without it the request arrives and the answer goes astray. The same happens with `--netfilter-mode=off`, and where tailscaled's own firewall rules are gone, as after `nft flush ruleset` or a firewall's reload: tailscaled does not put them back until it starts anew. An exit node loses the internet by it.",
    sources: ["tailscale/tailscale#14971", "tailscale/tailscale#16617"],
  },
  {
    code: "TL108",
    name: "strict-rp-filter",
    severity: "error",
    title: "Strict reverse path filtering drops what comes from the tailnet.",
    explanation:
      "With `rp_filter=1` the kernel drops a packet whose answer would leave by another interface than it came by. With policy routing, as Tailscale uses it, that may be so for what comes out of the tunnel.",
    sources: ["tailscale/tailscale#11184", "tailscale/tailscale#3310"],
  },
  {
    code: "TL109",
    name: "mtu-black-hole",
    severity: "error",
    title: "Large packets are lost on the way, and nobody says so.",
    explanation:
      "A link that takes smaller packets than the tunnel sends must say so by ICMP. Where that is filtered, small packets pass and large ones vanish: a connection opens and stands still with the first full packet.",
    sources: ["tailscale/tailscale#3836", "tailscale/tailscale#7706"],
  },
  {
    code: "TL110",
    name: "cgnat-collision",
    severity: "error",
    title: "A node's own network uses addresses of 100.64.0.0/10, the tailnet's range.",
    explanation:
      "Tailscale drops what comes with a source of 100.64.0.0/10 by another interface than its own. A carrier's network that uses the range collides with that, and with the tailnet's addresses.",
    sources: ["tailscale/tailscale#1381", "tailscale/tailscale#12829"],
  },
  {
    code: "TL111",
    name: "service-not-listening",
    severity: "error",
    title: "Nothing listens on the port, or where the firewall leads it.",
    explanation:
      "The packet arrives, and no program has the port open: the kernel refuses the connection. The program has ended, or was never started. Where a rule of the machine's firewall leads the port elsewhere (`redirect`, `dnat`), a program must listen there.",
    sources: [],
  },
  {
    code: "TL112",
    name: "service-on-loopback-only",
    severity: "error",
    title: "The service listens on the loopback address alone.",
    explanation:
      "A program that listens on 127.0.0.1 is reached from its own machine alone. From the tailnet the connection is refused, as if nothing listened.",
    sources: [],
  },
  {
    code: "TL113",
    name: "service-on-another-port",
    severity: "error",
    title: "The service listens on another port.",
    explanation:
      "Nothing listens on the port that was asked, and a program does on another that is usual for the same service.",
    sources: [],
  },
  {
    code: "TL114",
    name: "host-firewall-drops",
    severity: "error",
    title: "The target's own firewall drops what comes from the tailnet.",
    explanation:
      "Tailscale's own rules accept what comes from its interface. Another table's base chain is asked all the same: a drop in any of them is final. `tailscale ping` is answered by tailscaled and passes.\n\nRules of iptables are read as `iptables-save` prints them, and told with the command that takes them away. Those of iptables-legacy are rules too, and `nft` does not show them: where the kernel has such tables and no program on the machine prints them, the doctor says that it could not look.",
    sources: ["tailscale/tailscale#7332", "tailscale/tailscale#9084"],
  },
  {
    code: "TL115",
    name: "exit-node-not-approved",
    severity: "error",
    title: "A node offers to be an exit node, and control has not approved it.",
    explanation:
      "An exit node is a node that advertises 0.0.0.0/0 and ::/0, approved by control as other routes are. Until then nobody can choose it.",
    sources: [],
  },
  {
    code: "TL116",
    name: "userspace-networking",
    severity: "error",
    title: "tailscaled has no tunnel device, so that programs of the node don't reach the tailnet.",
    explanation:
      "With `--tun=userspace-networking` tailscaled serves what comes in, and programs of the machine reach the tailnet only by its SOCKS5 or HTTP proxy: the kernel has no route. `tailscale ping` works, `ping` does not.",
    sources: ["tailscale/tailscale#10267", "tailscale/tailscale#9064"],
  },
  {
    code: "TL117",
    name: "address-unknown",
    severity: "error",
    title: "The address, or the machine, is not in the tailnet.",
    explanation:
      "No node of the tailnet has the address or the name. It may have been removed, be in another tailnet, or be hidden: a node is told only of peers that the policy connects it with.",
    sources: [],
  },
  {
    code: "TL118",
    name: "machine-not-running",
    severity: "error",
    title: "The machine does not run.",
    explanation: "The machine is shut down or paused, so nothing of it answers.",
    sources: [],
  },
  {
    code: "TL119",
    name: "tailscaled-not-answering",
    severity: "error",
    title: "tailscaled does not answer.",
    explanation:
      "The machine runs, and its tailscaled does not, or hangs. `tailscale` can't ask it anything.",
    sources: [],
  },
  {
    code: "TL120",
    name: "lan-host-not-answering",
    severity: "error",
    title: "The subnet router forwards, and the host in its LAN does not answer.",
    explanation:
      "The subnet router serves the route and forwards. It does not reach the host either, so the tailnet is not the cause.",
    sources: [],
  },
  {
    code: "TL121",
    name: "network-path-cut",
    severity: "error",
    title: "Packets between the two are lost, also by way of the relays.",
    explanation:
      "Both nodes run, see each other in the tailnet, and not even `tailscale ping` is answered, which goes by the relays where nothing else does. Something between them and the relays drops their packets.",
    sources: [],
  },
  {
    code: "TL122",
    name: "no-default-route",
    severity: "error",
    title: "The machine has no route to the internet.",
    explanation:
      "No route of the machine leads to any relay of the tailnet: the default route is gone, often with an interface that is down or got no address. A default route by an exit node does not count, as tailscaled itself sends beside it. Without the internet there is neither control, nor a relay, nor a resolver; nodes in the same LAN may still find each other.",
    sources: ["tailscale/tailscale#8261"],
  },
  {
    code: "TL123",
    name: "shields-up",
    severity: "error",
    title: "The node lets no connection in, by its own setting.",
    explanation:
      "`tailscale set --shields-up` has tailscaled drop every connection that other nodes begin. The node itself reaches others, answers `tailscale ping`, and is online, so that it looks like a policy or a firewall. It is told only where somebody asked for the node: many clients have their shields up on purpose.",
    sources: ["tailscale/tailscale#11049"],
  },
  {
    code: "TL124",
    name: "tunnel-routes-gone",
    severity: "error",
    title:
      "The routes or rules that lead packets into the tunnel are gone, or others go before them.",
    explanation:
      "tailscaled puts its routes into table 52 and has rules look it up. Something that manages the machine's network may remove what it did not set itself: `systemd-networkd` does so when it starts anew, unless it is told to leave foreign routes and rules alone. With the tunnel's interface down they are gone too. A rule of another VPN, or one that was set by hand, with a priority below 5270 goes before Tailscale's. `tailscale status` and `tailscale ping` look fine, as tailscaled sends those by itself; what other programs send goes out by the default route.",
    sources: ["tailscale/tailscale#1591", "tailscale/tailscale#2325"],
  },
  {
    code: "TL125",
    name: "service-on-another-address",
    severity: "error",
    title: "The service listens on another address of the machine than the one that is asked for.",
    explanation:
      "A program that is told to listen on the LAN's address alone, or on IPv6 alone, does not get what comes to the tailnet's address: the connection is refused, as if nothing listened.",
    sources: [],
  },
  {
    code: "TL126",
    name: "no-tailscale",
    severity: "error",
    title: "The machine that asks runs no Tailscale, and has no route to the tailnet.",
    explanation:
      "A subnet router lets nodes of the tailnet reach its LAN. The other way round a machine of the LAN needs a route to 100.64.0.0/10 by that router, which its LAN's own router mostly does not have: packets go to the internet, and are lost.",
    sources: [],
  },
  {
    code: "TL127",
    name: "service-not-accepting",
    severity: "error",
    title: "The service listens, and does not take the connections.",
    explanation:
      "A connection over TCP is opened by the kernel of the machine as soon as something listens: port scanners and `nc -z` find it open. A program that is stopped, stuck, or has no worker free does not accept it, and never answers. `ss -ltn` has those that wait as `Recv-Q`; where that is as large as `Send-Q`, new ones are dropped.",
    sources: [],
  },
  {
    code: "TL128",
    name: "exit-node-gone",
    severity: "error",
    title: "A node uses an exit node that is none of its peers.",
    explanation:
      "The exit node is a setting of the node that uses it, and stays when the exit node is removed from the tailnet, or joins anew with another key, or the policy hides it from the node. Everything that is not for the tailnet then goes into the tunnel and is dropped: no internet, no resolver, while peers are reached. tailscaled itself sends beside it, so that the node is online. Where control has the exit node and no rule of the policy lets this one use it, TL204 is the cause.",
    sources: [],
  },
  {
    code: "TL129",
    name: "serve-backend-missing",
    severity: "error",
    title: "A node publishes a service by `tailscale serve`, and nothing listens behind it.",
    explanation:
      "With `tailscale serve` it is tailscaled that listens in the tailnet; it hands each connection on to a program of the machine. Where that program does not run, or listens on another port, the connection opens all the same, so that `nc -z` and a port scanner find it open, and is closed without an answer; HTTP is answered with 502. `tailscale serve status` has the place that it hands on to, `ss -ltn` what listens.",
    sources: [],
  },
  {
    code: "TL130",
    name: "own-firewall-drops",
    severity: "error",
    title: "A node's own firewall drops what tailscaled sends, or the answers to it.",
    explanation:
      "tailscaled needs TCP 443 to the control server and the relays, UDP to the relays and its peers, and its resolvers. A firewall that lets nothing out but what it knows, on the node itself, looks from the outside like a network that is cut: control, relays and resolvers do not answer this node alone.",
    sources: [],
  },
  {
    code: "TL131",
    name: "pings-ignored",
    severity: "info",
    title: "The machine is told to answer no pings.",
    explanation:
      "With `net.ipv4.icmp_echo_ignore_all=1` (`net.ipv6.icmp.echo_ignore_all`) the kernel ignores every echo request, as some do against scans. Connections and `tailscale ping`, which tailscaled answers, work. It is told only where nothing but pings was asked for: ask for a port instead.",
    sources: [],
  },
  {
    code: "TL132",
    name: "request-unanswered",
    severity: "error",
    title: "The request arrives at the machine, and the machine does not answer.",
    explanation:
      "tcpdump saw the request on the machine, and no answer leave it. A kernel answers a ping, and a TCP connection by opening or refusing it, so that something on the machine drops the packet after tcpdump has seen it: a rule that is not in `nft list ruleset`, an eBPF program, a filter of a container network. It is told where no such cause is known. Where nothing has the packet arrive, the cause is before the machine.",
    sources: [],
  },
  {
    code: "TL133",
    name: "route-leads-elsewhere",
    severity: "error",
    title: "The route to the address leads to a router that is in another network.",
    explanation:
      "Several routers may serve routes that cover an address. Of these the longest prefix counts, and of one prefix the router that control has chosen; nobody looks whether it reaches the address. A route that is advertised or approved on the wrong node, or one that overlaps another's, takes all packets there, and no other router stands in. It is told where the router that is used has neither an address in that network nor a route of its own to it, and gets no answer, and another router has an address there.",
    sources: ["tailscale/tailscale#1413", "tailscale/tailscale#8519", "tailscale/tailscale#18550"],
  },
  {
    code: "TL201",
    name: "policy-denies",
    severity: "error",
    title: "No rule of the policy lets the one reach the other.",
    explanation:
      "What no rule of the policy allows is dropped by the target's tailscaled, without an answer. `tailscale ping` works all the same, as it does not pass the policy.",
    sources: ["juanfont/headscale#3149", "tailscale/tailscale#7921"],
  },
  {
    code: "TL202",
    name: "policy-one-way",
    severity: "error",
    title: "The policy allows the opposite direction alone.",
    explanation:
      "Rules have a direction. Answers of an allowed connection pass; a new connection from the other side does not.",
    sources: [],
  },
  {
    code: "TL203",
    name: "policy-allows-other-ports",
    severity: "error",
    title: "The policy allows other ports or protocols between the two, and not this one.",
    explanation: "Between the two something is allowed, though not this port or protocol.",
    sources: [],
  },
  {
    code: "TL204",
    name: "exit-node-without-internet-grant",
    severity: "error",
    title: "A node uses an exit node, and no rule lets it reach the internet there.",
    explanation:
      "Who uses an exit node needs a rule with `autogroup:internet` as its destination. Without it peers are reached, and the internet is not.",
    sources: ["tailscale/tailscale#14466"],
  },
  {
    code: "TL205",
    name: "tag-not-owned",
    severity: "error",
    title: "A node asks for a tag that it may not have.",
    explanation:
      "A node may ask only for tags of which its user is an owner (`tagOwners`). Control refuses the others when it joins or changes them.",
    sources: ["juanfont/headscale#3152", "juanfont/headscale#3374"],
  },
  {
    code: "TL206",
    name: "key-expired",
    severity: "error",
    title: "A node's key has expired.",
    explanation:
      "A node key is valid for a time. Afterwards its peers drop what it sends, though control may still call it connected.",
    sources: ["tailscale/tailscale#3292", "tailscale/tailscale#6740"],
  },
  {
    code: "TL207",
    name: "logged-out",
    severity: "error",
    title: "A node is logged out.",
    explanation: "The node has no valid login: it must be authorised anew.",
    sources: [],
  },
  {
    code: "TL208",
    name: "cloned-state",
    severity: "error",
    title: "Two machines run with the same node key.",
    explanation:
      "The node key is in tailscaled's state directory. A copied disk or virtual machine has the same: the two take each other's place, and traffic goes to whoever spoke last.",
    sources: ["tailscale/tailscale#506", "juanfont/headscale#2186"],
  },
  {
    code: "TL209",
    name: "duplicate-hostname",
    severity: "warning",
    title: "Two nodes call themselves the same, so that one of them has another name in DNS.",
    explanation:
      "Control gives the second of two nodes with one hostname another name. Who asks for the name gets the first.",
    sources: [],
  },
  {
    code: "TL210",
    name: "tailscale-stopped",
    severity: "error",
    title: "Tailscale is stopped on the node.",
    explanation: "`tailscale down` leaves the node logged in and its tunnel off.",
    sources: [],
  },
  {
    code: "TL211",
    name: "node-deleted",
    severity: "error",
    title: "Control no longer knows a node, which does not know it.",
    explanation:
      "A node that was deleted at Headscale keeps its login and its last netmap: `tailscale status` says Running and lists the peers, and none of them has it for a peer any more. Headscale's list of nodes has no node with its key. It has to log in again with `--force-reauth`, which makes it ask for a new key; `tailscale up` alone goes on with the old one.",
    sources: ["juanfont/headscale#3410", "tailscale/tailscale#20615"],
  },
  {
    code: "TL301",
    name: "control-down",
    severity: "error",
    title: "The control server does not answer.",
    explanation:
      "Traffic between nodes that know each other goes on without control; nothing new comes: no node joins or logs in, no route, rule or key changes, and a node that restarts stays alone. Every node fails to get an answer from the server, and where its own machine can be asked, `headscale nodes list` fails there too. Where only one node fails, see TL302. From the nodes alone a server that is down and a network that lets nobody through to it look the same; the finding says so.",
    sources: ["juanfont/headscale#2491", "juanfont/headscale#3108"],
  },
  {
    code: "TL302",
    name: "control-unreachable",
    severity: "error",
    title: "A node can't reach the control server.",
    explanation:
      "The server answers others, or on its own machine, and one node gets no answer: a firewall or a proxy of that node's network blocks it by name or address, its certificate is not trusted there, or its name has no address there. The node goes on with the peers it knows, and others see it as offline after a while. `curl` of `/key?v=142` at the control URL tries what tailscaled does.",
    sources: ["tailscale/tailscale#11789", "tailscale/tailscale#15217"],
  },
  {
    code: "TL303",
    name: "map-stream-dead",
    severity: "error",
    title: "A node hears nothing of changes, while it believes to be connected.",
    explanation:
      "A node hears of changes by one long answer of control, the map stream. Where a firewall or a proxy forgets the idle connection, or control is stuck, the node may believe to be connected and work with old peers, routes and rules; a new connection to control is answered all the same. It shows in three ways: the node's netmap differs from what `headscale nodes list` says (online, name, key, routes), `ss -ti` shows a connection whose keepalives nobody answers, or one by which nothing came for longer than Headscale's own keepalive of one minute. tailscaled gives up such a stream after two minutes of silence; until then, and where something keeps the stream alive without handing changes on, nothing else tells.",
    sources: ["tailscale/tailscale#21106", "juanfont/headscale#1504"],
  },
  {
    code: "TL304",
    name: "relay-down",
    severity: "warning",
    title: "A DERP relay does not answer.",
    explanation:
      "A DERP relay carries what has no direct path, and the first packets of every connection. Where one is down, its nodes move to the next region after some seconds, so nothing fails for long where there is another. Neither its TCP nor its STUN answers. Where STUN does, see TL305; where the certificate is the matter, TL306; where other nodes reach it, TL307.",
    sources: [],
  },
  {
    code: "TL305",
    name: "relay-tcp-blocked",
    severity: "warning",
    title: "A relay answers STUN, and its TCP does not pass.",
    explanation:
      "netcheck finds the nearest region by STUN, which is UDP. A relay whose TCP port is blocked, by its own firewall, a proxy in front, or the network of one node, still looks near: nodes make it their home, and can't connect to it. netcheck shows a latency of the region, and `curl https://RELAY/generate_204` gets no answer. Found on one node, its network blocks it; found on the region, it is blocked for all that could try.",
    sources: ["tailscale/tailscale#17216", "juanfont/headscale#876", "juanfont/headscale#491"],
  },
  {
    code: "TL306",
    name: "relay-certificate-invalid",
    severity: "warning",
    title: "A relay's certificate is not valid.",
    explanation:
      "A node speaks with a relay by TLS and refuses a certificate that has expired, is not valid yet, or is of an authority that it does not trust. STUN needs none, so netcheck still shows the region. Where one node alone refuses it, that node's clock is wrong (`date`), its authorities are old, or something on its network answers in the relay's place.",
    sources: ["tailscale/tailscale#8076", "tailscale/tailscale#11898", "tailscale/tailscale#3713"],
  },
  {
    code: "TL307",
    name: "home-relay-unreachable-from-peer",
    severity: "error",
    title: "One side can't reach the other's home relay.",
    explanation:
      "What goes by relay goes to the home relay of the receiver, so the sender must reach that one, not its own alone. Where a network blocks one relay by name or address, its nodes reach peers with another home, and not those at home there, unless there is a direct path. Neither TCP nor STUN of the relay answers one node, while another reaches it.",
    sources: ["tailscale/tailscale#9524"],
  },
  {
    code: "TL308",
    name: "captive-portal",
    severity: "warning",
    title: "Something answers in the place of the internet.",
    explanation:
      "The network lets nobody out before he has logged in on a page of its own, and answers every request by that page. Relays answer `/generate_204` on port 80 with 204 and the word that they were asked with; any other answer is somebody else's. Until the login neither control nor relays can be reached. A relay behind a proxy that only sends on to HTTPS is not taken for one.",
    sources: [],
  },
  {
    code: "TL309",
    name: "home-relay-outdated",
    severity: "error",
    title: "A node sends to the relay at which its peer was at home before.",
    explanation:
      "A node is reached by relay at its home relay alone, and control tells its peers which one that is. A node moves when its old relay is slower than another one or gone. Where that news does not come to a peer, as its map stream is dead, control has lost the change, or its tailscaled takes the old one back, the peer sends to the old relay, which answers `does not know about peer`. A direct path would hide it. `tailscale status --json` of both tells: `Relay` of the peer at the one, and of `Self` at the other.",
    sources: ["tailscale/tailscale#11378"],
  },
  {
    code: "TL401",
    name: "nats-do-not-match",
    severity: "info",
    title: "The two NATs allow no direct path.",
    explanation:
      "A hard NAT uses another port for each destination (endpoint-dependent mapping); an easy one the same for all. Both commonly let in only who was sent to, by exact address and port. So two hard ones never meet, nor does a hard one with an easy one: the port that STUN saw is not the one that the peer would have to send to. `netcheck` shows it on each side as MappingVariesByDestIP. A port mapping by UPnP, NAT-PMP or PCP, IPv6 on both sides, or one end without a NAT makes a direct path of it; a peer relay is the next best. It is told only where a pair was asked about that is relayed.",
    sources: ["tailscale/tailscale#14953", "tailscale/tailscale#5127", "tailscale/tailscale#12557"],
  },
  {
    code: "TL402",
    name: "udp-blocked",
    severity: "warning",
    title: "UDP does not pass, so that all goes by relay.",
    explanation:
      "Direct paths are UDP. Where a network lets none out, or no answers in, everything goes by relay over TCP. `netcheck` shows UDP false, while relays answer by HTTPS. Blocked on one side is enough. Where no node gets an answer to STUN, it may be the relays that do not answer; the finding says so.",
    sources: ["tailscale/tailscale#4377"],
  },
  {
    code: "TL403",
    name: "relay-far",
    severity: "warning",
    title: "The traffic goes by a relay that is far away.",
    explanation:
      "The way by relay is as long as that from the sender to the receiver's home relay and on. A home that is not the nearest, as it was forced, or chosen when the nearest did not answer, makes it longer than need be; so does a tailnet without a relay nearby. netcheck, TCP and what the node itself has told control must agree, as a busy machine's own delay looks like distance.",
    sources: [],
  },
  {
    code: "TL404",
    name: "endpoints-missing",
    severity: "warning",
    title: "The peer is told of no endpoint.",
    explanation:
      "A node finds its endpoints (addresses and ports at which it may be reached) and tells control, which tells the peers. Where a peer has none of it, it begins by relay, and a direct path comes only if the other can send first. The node's own `Endpoints` are there and the peer's netmap has null for it. Missing at all peers, control has lost them; at some, what these were told is old (TL303).",
    sources: ["juanfont/headscale#2846"],
  },
  {
    code: "TL405",
    name: "detour-through-exit-node",
    severity: "warning",
    title: "The traffic goes through an exit node.",
    explanation:
      "With an exit node everything but the tailnet goes through it, which may be far away or have a slow link: the internet is as slow as the way to it. Without LAN access the node's own LAN goes there too, where nobody has these addresses. As an exit node is meant to do so, it is told only where somebody asks about such an address, and of a subnet router that sends the LAN which it serves through an exit node: then nobody reaches it.",
    sources: ["tailscale/tailscale#2564"],
  },
  {
    code: "TL406",
    name: "detour-through-subnet-router",
    severity: "warning",
    title: "The traffic to a machine nearby goes through a subnet router.",
    explanation:
      "A machine that runs Tailscale itself, asked for by its LAN's address, is reached through the subnet router that serves the LAN: each packet goes to the router, is forwarded, and comes back by it. The machine's tailnet name or address leads there directly. The same happens to a neighbour in the own LAN where a subnet router of that LAN serves its prefix and the node accepts it.",
    sources: ["tailscale/tailscale#16375", "tailscale/tailscale#1227"],
  },
  {
    code: "TL407",
    name: "packet-loss",
    severity: "warning",
    title: "Packets are lost on the way.",
    explanation:
      "Small packets that are 20 ms apart fill no link; what is lost of them is lost by a bad one, such as Wi-Fi, or by a router that is too busy. TCP takes each loss for a full link and slows down; calls stutter. Ping counts the way there and back, so each way loses about half. Where the loss begins the doctor can't tell: measure the same to a relay from both ends.",
    sources: [],
  },
  {
    code: "TL408",
    name: "rate-limited",
    severity: "warning",
    title: "The link is slow.",
    explanation:
      "Small packets far apart all come back at once; large ones close together wait in a queue or are dropped. So some link on the way takes less than the 5 Mbit/s that are tried: a slow uplink, a limit by a provider, or one that others fill. Loss also of small packets is TL407. Links that take more are not told.",
    sources: [],
  },
  {
    code: "TL409",
    name: "small-mtu",
    severity: "warning",
    title: "The path takes smaller packets than the tunnel's.",
    explanation:
      "The tunnel's packets have up to 1340 bytes on the wire (1280 within). Behind PPPoE, another VPN or a mobile network the link may take less: a router says so by ICMP, and the kernel cuts each large packet in two. That costs speed, and everything where fragments are dropped. Where nobody says so and large packets vanish, see TL109.",
    sources: ["tailscale/tailscale#3836"],
  },
  {
    code: "TL410",
    name: "direct-path-cut",
    severity: "warning",
    title: "A direct path should be possible, and its packets are lost.",
    explanation:
      "Both ends have UDP, as STUN answers both, their NATs allow a direct path, each knows the other's endpoints, and still all pings go by relay. So packets between just these two are dropped: by a firewall that lets UDP pass to some alone, or by a provider. Which of the two networks it is can't be told from the ends without a packet capture.",
    sources: ["tailscale/tailscale#12548"],
  },
  {
    code: "TL411",
    name: "direct-paths-switched-off",
    severity: "warning",
    title: "A node is told to use no direct paths.",
    explanation:
      "`TS_DEBUG_ALWAYS_USE_DERP`, `TS_DEBUG_NEVER_DIRECT_UDP` and `TS_DEBUG_STRIP_ENDPOINTS` in tailscaled's environment take direct paths away, for tests. Left in `/etc/default/tailscaled` or a container's environment they make everything go by relay, whatever the network allows. netcheck shows nothing of it.",
    sources: [],
  },
  {
    code: "TL412",
    name: "no-hairpinning",
    severity: "warning",
    title: "Both ends are behind one router, which sends nothing back to its own side.",
    explanation:
      "Two nodes with one public address, as behind a carrier's NAT, know each other by that address, and a packet for it must turn round at the router (hairpinning). Many routers drop it. Where the two don't reach each other by the addresses of their own networks either, there is no direct path between them, though each of them has one to everybody else. `netcheck` shows the same IPv4 address on both sides. It is told only where a pair was asked about that is relayed. A peer relay outside, IPv6 on both sides, or a route between the two networks makes up for it.",
    sources: ["tailscale/tailscale#18658"],
  },
  {
    code: "TL501",
    name: "magic-dns-off",
    severity: "error",
    title: "The tailnet has no MagicDNS.",
    explanation:
      "Names of nodes are answered by MagicDNS: each node's own tailscaled at 100.100.100.100. Without it (`dns.magic_dns: false`) nobody knows them, and addresses work. As a tailnet may well be without it, it is told only where a name of the tailnet was asked.",
    sources: ["juanfont/headscale#2899"],
  },
  {
    code: "TL502",
    name: "dns-not-accepted",
    severity: "error",
    title: "The node does not take DNS settings from the tailnet.",
    explanation:
      "With `--accept-dns=false` a node leaves its resolvers as they are, and these do not know the tailnet's names, nor the domains of split DNS. Addresses work, and so does a question at 100.100.100.100. As it may be meant, it is told only where a name was asked that needs the tailnet's DNS.",
    sources: [],
  },
  {
    code: "TL503",
    name: "resolv-conf-overwritten",
    severity: "error",
    title: "Another program has overwritten /etc/resolv.conf.",
    explanation:
      "tailscaled writes /etc/resolv.conf where no systemd-resolved or resolvconf is in its place. NetworkManager, dhclient or a provisioning tool that writes it after that takes all of the tailnet's names away, and addresses work. A comment in the file often tells who it was. A stub resolver of the machine itself (127.0.0.53) is none of it.",
    sources: [
      "tailscale/tailscale#3742",
      "tailscale/tailscale#4934",
      "tailscale/tailscale#13473",
      "tailscale/tailscale#1376",
    ],
  },
  {
    code: "TL504",
    name: "name-unknown",
    severity: "error",
    title: "Nobody has this name.",
    explanation:
      "Whoever should know the name says that it does not exist: MagicDNS for the tailnet's domain, the server of a split domain for that one, the resolver for all else. It is misspelt, of another domain, the node was renamed or removed, or it is hidden, as a node is told only of peers that the policy connects it with. A server that does not answer is another cause: TL505, TL508, TL512.",
    sources: [],
  },
  {
    code: "TL505",
    name: "split-dns-server-down",
    severity: "error",
    title: "The DNS server of a domain does not answer.",
    explanation:
      "The tailnet sends a domain's names to a server of its own (split DNS), and no node that has a way to it gets an answer, or the one that was asked about gets none while others do. Names of other domains work. Where the node has no route to the server, see TL506; where the server is a node of the tailnet, TL512.",
    sources: [],
  },
  {
    code: "TL506",
    name: "split-dns-server-unrouted",
    severity: "error",
    title: "The node has no route to the DNS server of a domain.",
    explanation:
      "The server of a split domain is in a LAN behind a subnet router, and the node has no route to it: it does not accept routes, or the route is not advertised or not approved. All other names work. As a node may do without the domain, it is told only where a name of it was asked.",
    sources: ["juanfont/headscale#2817"],
  },
  {
    code: "TL507",
    name: "dns-loop",
    severity: "error",
    title: "A resolver asks 100.100.100.100 again.",
    explanation:
      "A resolver of the tailnet takes its own resolvers from /etc/resolv.conf, and that is tailscaled's: a question goes from tailscaled to the resolver and back to tailscaled, until it times out; both use processor time. The machine of the resolver listens on port 53 and has 100.100.100.100 as its nameserver, or 100.100.100.100 is itself in the list of the tailnet's resolvers.",
    sources: ["tailscale/tailscale#2595"],
  },
  {
    code: "TL508",
    name: "global-resolver-down",
    severity: "error",
    title: "The tailnet's resolver does not answer.",
    explanation:
      "Everything that is not the tailnet's own goes to the global resolvers, and none that could be asked answers. MagicDNS names and split domains work, names of the internet don't. Where others get an answer, the way of one node to it is cut, and the finding is about that node.",
    sources: [],
  },
  {
    code: "TL509",
    name: "exit-node-with-lan-resolver",
    severity: "error",
    title: "With an exit node, the node's resolver in its LAN is out of reach.",
    explanation:
      "With an exit node everything goes through the tunnel, what is for the own LAN too, unless LAN access is allowed. A resolver in the LAN, such as the router's, is out of reach then: no name resolves, and the internet seems to be down.",
    sources: ["tailscale/tailscale#2564"],
  },
  {
    code: "TL510",
    name: "search-domain-missing",
    severity: "error",
    title: "The tailnet's domain is not among the search domains.",
    explanation:
      "A name without a dot is completed by the search domains of /etc/resolv.conf. tailscaled puts the tailnet's domain there; where another program has taken it out, `printer` does not resolve, and `printer.DOMAIN` does. tailscaled itself answers a node's name alone (tried with 1.102), so it is the tailnet's other records that fail, and with other resolvers on the machine nodes too.",
    sources: ["tailscale/tailscale#14742"],
  },
  {
    code: "TL511",
    name: "base-domain-covers-control",
    severity: "error",
    title: "The tailnet's domain covers the control server's own name.",
    explanation:
      "MagicDNS answers for the whole of the tailnet's domain: what is no node is told not to exist. Where `server_url` lies in `dns.base_domain`, that is so of the control server itself, and often of a relay beside it: nodes lose control when they resolve its name anew. Headscale refuses the plain case when it starts, though not where `server_url` has a port; a record of its own for the name helps.",
    sources: ["juanfont/headscale#2354", "juanfont/headscale#2209"],
  },
  {
    code: "TL512",
    name: "nameserver-node-down",
    severity: "error",
    title: "The DNS server is a node of the tailnet, and does not answer.",
    explanation:
      "A resolver of the tailnet is itself a node of it. It is asked through the tunnel, so it must be online, allowed by the policy, and have a path; when it is down, every node loses the names that it answers. Who can't reach control without that resolver, and the resolver's node without control, do not find each other after a power cut.",
    sources: ["tailscale/tailscale#993", "juanfont/headscale#2817"],
  },
  {
    code: "TL513",
    name: "name-resolved-elsewhere",
    severity: "error",
    title: "The system finds another address for a name than MagicDNS has.",
    explanation:
      "A line in `/etc/hosts` that was left from before, a cache, or another resolver that has the same name answers before MagicDNS is asked. `dig` at 100.100.100.100 has the address of the node, of the tailnet's record or of split DNS; `getent ahosts`, and with it every program, has the other.",
    sources: ["tailscale/tailscale#9512", "tailscale/tailscale#15407"],
  },
  {
    code: "TL514",
    name: "system-does-not-ask-dns",
    severity: "error",
    title: "Programs find no name, though the servers of /etc/resolv.conf have it.",
    explanation:
      "`dig` asks the servers of `/etc/resolv.conf`; programs go by `/etc/nsswitch.conf` first. Where its line `hosts` has no `dns` (or `resolve`, with systemd-resolved), or an entry before it ends the search (`[!UNAVAIL=return]`, `mdns4_minimal [NOTFOUND=return]`), they never ask. So `dig` and `tailscale ping` work, and `getent hosts` fails.",
    sources: ["tailscale/tailscale#2873"],
  },
];

const byCode = new Map(catalogue.map((entry) => [entry.code, entry]));

export function entryOf(code: string): CatalogueEntry {
  const entry = byCode.get(code);
  if (entry === undefined) throw new Error(`no code ${code} in the catalogue`);
  return entry;
}
