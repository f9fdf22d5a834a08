import {
  doubtfulRules,
  type Interface,
  type Route,
  type Rule,
  routeOf,
  routeText,
  ruleText,
} from "../../evidence/ip.ts";
import { seenValue } from "../../evidence/observation.ts";
import type { Observations, TailscaleObservations } from "../../evidence/observations.ts";
import { covers, isDefault, isTailnetAddress, magicDnsAddresses } from "../../evidence/prefix.ts";
import { isTunnel, ownPrefixes, serverOf, waysIntoTunnel } from "../../evidence/where.ts";
import { sourceOf, works } from "../asked.ts";
import { type Check, type Look, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import { lostAt } from "../lost.ts";

/** TL124: the tunnel is there, and the routes or rules that lead packets into it are not, or others go before them. */
export const tunnelRoutes: Check = {
  finds: ["TL124"],
  step: "route",
  explainedBy: ["TL118", "TL119", "TL206", "TL207", "TL210"],
  run(look) {
    const { observations, read } = look;
    for (const node of observations.tailscale.values()) {
      const own = read(node.status);
      const interfaces = read(node.addresses) ?? [];
      const [routes, rules] = [read(node.routes), read(node.rules)];
      const tunnel = interfaces.find(({ name }) => isTunnel(name));
      if (own?.backendState !== "Running" || tunnel === undefined) continue;
      if (routes === undefined || rules === undefined) continue;
      const isTold =
        tellGone(look, node, tunnel) ||
        tellOvertaken(look, node, { routes, rules }) ||
        tellDoubtful(look, node, { routes, rules });
      if (!isTold) tellWithoutIpv6(look, node, tunnel) || tellUnreachable6(look, node, tunnel);
    }
  },
};

interface Ways {
  routes: readonly Route[];
  rules: readonly Rule[];
}

function hasTunnelRoute(routes: readonly Route[], address: string): boolean {
  return routes.some(({ device, prefix }) => isTunnel(device) && covers(prefix, address));
}

function tellGone({ found }: Look, node: TailscaleObservations, tunnel: Interface): boolean {
  const { addresses, routes: shown, rules: shownRules } = node;
  const { name } = node.machine;
  const { hasRoute, hasRule } = waysIntoTunnel(node) ?? { hasRoute: true, hasRule: true };
  if (hasRoute && hasRule) return false;
  found({
    code: "TL124",
    node: name,
    what: tunnel.isUp
      ? `the ${hasRoute ? "rules" : "routes"} of ${name} that lead into the tunnel are gone`
      : `the tunnel's interface ${tunnel.name} of ${name} is down, and its routes are gone with it`,
    seen: [
      hasRoute
        ? seen(shownRules, "no rule looks up table 52")
        : seen(shown, "no route of table 52 leads to a peer"),
      ...(tunnel.isUp ? [] : [seen(addresses, `"ifname": "${tunnel.name}", without the flag UP`)]),
    ],
    why: "tailscaled sets them when it comes up; somebody, or whatever manages the network has removed them since, as systemd-networkd does with what it takes for foreign",
    fix: [
      `on ${name}: systemctl restart tailscaled`,
      `on ${name}, where systemd-networkd runs, in /etc/systemd/networkd.conf: set ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no`,
    ],
    explains: [`${name} reaches no node by the tailnet, and no MagicDNS`],
  });
  return true;
}

/** A rule or a route that goes before Tailscale's own takes the packets elsewhere. */
function tellOvertaken(
  { observations, found }: Look,
  node: TailscaleObservations,
  { routes, rules }: Ways,
): boolean {
  const { machine, routes: shown, rules: shownRules } = node;
  const { peers = [] } = waysIntoTunnel(node) ?? {};
  const own = sourceOf(observations, machine.name);
  const { attempts } = observations;
  const asked = attempts && [attempts.address, sourceOf(observations, attempts.question.from)];
  const isAsked = (peer: string) => asked?.includes(peer) === true;
  const isFailing = attempts !== undefined && works(attempts) !== true;
  // A peer that is new has its route a moment later.
  const looked = peers
    .filter(
      (peer) =>
        hasTunnelRoute(routes, peer) || isBarred(routes, peer) || (isFailing && isAsked(peer)),
    )
    .sort((a, b) => Number(isAsked(b)) - Number(isAsked(a)));
  const wanted = [
    ...looked,
    ...askedBehindRouter(observations, node, routes),
    ...magicDnsOf(node, routes),
  ];
  const packets = wanted.flatMap((destination) => [{ destination }, { destination, source: own }]);
  for (const packet of packets) {
    const taken = routeOf(rules, routes, packet);
    // An own address in the tailnet's range is another cause: TL110.
    if (taken === undefined || taken.rule.table === "local") continue;
    const { rule, route } = taken;
    if (route !== undefined && isTunnel(route.device)) continue;
    const isGone = !hasTunnelRoute(routes, packet.destination);
    const isOfTunnel = rule.table === "52";
    const reason = isOfTunnel
      ? "another route goes before Tailscale's"
      : isGone
        ? "Tailscale's route to it is gone"
        : "another rule goes before Tailscale's";
    found({
      code: "TL124",
      node: machine.name,
      what: `what ${machine.name} sends to ${packet.destination} does not go into the tunnel: ${reason}`,
      seen: [
        seen(shownRules, ruleText(rule)),
        ...(route === undefined ? [] : [seen(shown, routeText(route))]),
      ],
      why: `tailscaled's rule for table 52 has the priority 5270, and in it the longest prefix wins: what is asked before decides, and \`tailscale ping\` does not pass it`,
      fix: [
        ...(isOfTunnel
          ? [
              `on ${machine.name}: ip route del ${route === undefined ? packet.destination : routeText(route)}`,
            ]
          : isGone
            ? []
            : [
                `on ${machine.name}: ip rule del priority ${rule.priority}`,
                ...(rule.isNegated ? [withRule(machine.name, rule)] : []),
              ]),
        ...(isGone ? [`on ${machine.name}: systemctl restart tailscaled`] : []),
        `on ${machine.name}: ip route get ${packet.destination}`,
        `on ${machine.name}: look who sets it, such as a VPN or a script of the network's, and have it leave ${packet.destination} to Tailscale`,
      ],
      explains: [
        isMagicDns(packet.destination)
          ? `programs on ${machine.name} get no answer of MagicDNS`
          : `${machine.name} does not reach ${packet.destination}, nor answers it`,
      ],
    });
    return true;
  }
  return false;
}

/**
 * A rule about some packets, of which `ip rule` does not tell whether this is one, where the packet was seen to leave by
 * another interface, or was not seen to leave at all.
 */
function tellDoubtful(
  { observations, found }: Look,
  { machine, rules: shownRules, routes: shown }: TailscaleObservations,
  { routes, rules }: Ways,
): boolean {
  const { attempts } = observations;
  const astray = attempts === undefined ? undefined : astrayAt(observations, machine.name);
  if (attempts === undefined || astray === undefined) return false;
  const { destination, evidence, isSeen, isUnsent } = astray;
  const taken = doubtfulRules(rules, routes, destination).find(({ route }) =>
    isUnsent ? isBlocked(route) : !isTunnel(route?.device ?? ""),
  );
  if (taken === undefined) return false;
  const { rule, route } = taken;
  const does = isBlocked(route) ? "may discard" : isSeen ? "takes elsewhere" : "may take elsewhere";
  found({
    code: "TL124",
    node: machine.name,
    involves: [attempts.question.from],
    ...(isSeen ? {} : { isGuess: true }),
    what: `a rule about some packets ${does} what ${machine.name} sends to ${destination}`,
    seen: [
      seen(shownRules, ruleText(rule)),
      ...(route === undefined ? [] : [seen(shown, routeText(route))]),
      ...evidence,
    ],
    why: "rules are asked by their priority, and Tailscale's for table 52 has 5270: what an earlier one is about does not come to it",
    fix: [
      `on ${machine.name}: ip rule del priority ${rule.priority}`,
      ...(hasTunnelRoute(routes, destination) ? [withRule(machine.name, rule)] : []),
    ],
    explains: [`such packets of ${machine.name} do not reach ${destination}`],
  });
  return true;
}

function isBlocked(route: Route | undefined): boolean {
  return route === undefined || /^(?:blackhole|unreachable|prohibit)$/.test(route.type);
}

/**
 * Where a machine should have sent a packet, and did not (`isUnsent`: it was seen nowhere), or by another
 * interface than its tunnel (`isSeen`).
 */
function astrayAt(
  observations: Observations,
  name: string,
):
  | { destination: string; evidence: readonly Seen[]; isSeen: boolean; isUnsent: boolean }
  | undefined {
  const { attempts } = observations;
  if (attempts?.address == null || works(attempts) === true) return undefined;
  const { address, connect, question } = attempts;
  const isAsker = question.from === name;
  if (isAsker && connect?.kind === "seen" && connect.value === "unreachable") {
    const evidence = [seen(connect, connect.evidence.stderr.trim())];
    return { destination: address, evidence, isSeen: false, isUnsent: false };
  }
  const lost = lostAt(observations);
  if (lost?.machine !== name || lost.next === undefined) return undefined;
  const at = (destination: string | undefined, isUnsent: boolean) =>
    destination === undefined
      ? undefined
      : { destination, evidence: lost.seen, isSeen: lost.isBeside, isUnsent };
  const back = sourceOf(observations, question.from, address);
  switch (lost.next) {
    case "request-sent":
      return isAsker ? at(address, !lost.isBeside) : undefined;
    case "request-forwarded":
      return at(address, true);
    case "answer-sent":
      // It need not be seen where it was taken to: nobody there may have its address.
      return at(back, false);
    case "answer-in-tunnel":
      return at(back, !lost.isBeside);
    default:
      return undefined;
  }
}

/** With it table 52 is asked first, but not of what tailscaled itself sends to its peers and relays. */
function withRule(name: string, { priority }: Rule): string {
  const earlier = Math.max(priority - 10, 1);
  return `on ${name}, to keep that rule: ip rule add not fwmark 0x80000/0xff0000 priority ${earlier} lookup 52`;
}

function isMagicDns(address: string): boolean {
  return magicDnsAddresses.includes(address);
}

/** MagicDNS, where programs ask it. */
function magicDnsOf({ resolvConf }: TailscaleObservations, routes: readonly Route[]): string[] {
  const servers = seenValue(resolvConf)?.nameservers ?? [];
  return servers.filter(
    (server) => isMagicDns(server) && !server.includes(":") && hasTunnelRoute(routes, server),
  );
}

/** Whether a route says that nothing is sent to an address: somebody has set it, as tailscaled sets none. */
function isBarred(routes: readonly Route[], address: string): boolean {
  return routes.some(
    ({ type, prefix }) =>
      /^(?:blackhole|unreachable|prohibit)$/.test(type) &&
      !isDefault(prefix) &&
      covers(prefix, address),
  );
}

/** What was asked, where it is behind a subnet router whose route the node uses, and does not work. */
function askedBehindRouter(
  { attempts }: Observations,
  node: TailscaleObservations,
  routes: readonly Route[],
): string[] {
  if (attempts?.address == null || works(attempts) === true) return [];
  const { address, question } = attempts;
  if (question.from !== node.machine.name || address.includes(":")) return [];
  if (isTailnetAddress(address) || serverOf(node, address) === undefined) return [];
  // What leads past the tunnel into its own LAN is the remedy of TL105.
  if (ownPrefixes(node).some(({ prefix }) => covers(prefix, address))) return [];
  const isAccepted = seenValue(node.prefs)?.acceptsRoutes === true;
  return isAccepted || hasTunnelRoute(routes, address) ? [address] : [];
}

/**
 * The kernel takes all of an interface's IPv6 away where it is switched off or the MTU is too small. Without a question
 * only the latter is told, as a machine may well have no IPv6.
 */
function tellWithoutIpv6(
  { observations: { attempts }, found }: Look,
  { machine: { name }, status, addresses }: TailscaleObservations,
  tunnel: Interface,
): boolean {
  if (attempts === undefined && (tunnel.mtu === 0 || tunnel.mtu >= 1280)) return false;
  if (attempts !== undefined) {
    if (attempts.address === null || works(attempts) === true) return false;
    const { address, question, target } = attempts;
    if (!address.includes(":") || (name !== question.from && name !== target)) return false;
  }
  const given =
    status.kind === "seen"
      ? status.value.self?.addresses.find((each) => each.includes(":"))
      : undefined;
  if (given === undefined || tunnel.addresses.some((each) => each.address === given)) return false;
  found({
    code: "TL124",
    node: name,
    what: `the tunnel's interface ${tunnel.name} of ${name} has no IPv6 address, and no route of IPv6`,
    seen: [
      seen(status, `"TailscaleIPs": ${given}`),
      seen(addresses, `"ifname": "${tunnel.name}", "mtu": ${tunnel.mtu}, without ${given}`),
    ],
    why:
      tunnel.mtu < 1280
        ? "IPv6 needs an MTU of 1280: the kernel takes it away from an interface with a smaller one, and does not give it back"
        : "IPv6 is switched off there, or somebody has taken the address away",
    fix: [
      tunnel.mtu < 1280
        ? `on ${name}: ip link set ${tunnel.name} mtu 1280`
        : `on ${name}: sysctl -w net.ipv6.conf.${tunnel.name}.disable_ipv6=0`,
      `on ${name}: systemctl restart tailscaled`,
      `ask for the address of IPv4 instead`,
    ],
    explains: [`${name} has the tailnet by IPv4 alone`],
  });
  return true;
}

/** `ip -j rule` has no rules of IPv6: what they, or a route, keep from the tunnel is told by the kernel's own refusal. */
function tellUnreachable6(
  { observations: { attempts }, found }: Look,
  { machine: { name } }: TailscaleObservations,
  tunnel: Interface,
): void {
  const { address, icmp, question } = attempts ?? {};
  if (question?.from !== name || icmp?.kind !== "seen" || address?.includes(":") !== true) return;
  const { error } = icmp.value;
  const isOwn =
    error !== null && /^ping: (?:connect|sendmsg): .*(?:unreachable|no route)/i.test(error);
  if (!isOwn || !isTailnetAddress(address)) return;
  found({
    code: "TL124",
    node: name,
    what: `what ${name} sends to ${address} does not go into the tunnel: a route or a rule of IPv6 goes before Tailscale's`,
    seen: [seen(icmp, error)],
    why: `the kernel of ${name} itself says so, before it sends anything; ${tunnel.name} has its address of IPv6`,
    fix: [
      `on ${name}: ip -6 route get ${address}`,
      `on ${name}: ip -6 rule; ip -6 route show table 52`,
      `on ${name}: systemctl restart tailscaled`,
      "ask for the address of IPv4 instead",
    ],
    explains: [`${name} does not reach ${address}`],
  });
}
