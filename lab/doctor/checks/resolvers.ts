import { droppedBy, droppedText } from "../../evidence/firewall.ts";
import type { HostObservations, Observations } from "../../evidence/observations.ts";
import { covers, isTailnetAddress, magicDnsAddresses } from "../../evidence/prefix.ts";
import {
  forwarderToMagicDns,
  isAnswer,
  isSilent,
  type ResolverView,
  resolverViews,
} from "../../evidence/resolver-views.ts";
import { exitNodeOf, machineOf, ownerOf, ownPrefixes, usesExitNode } from "../../evidence/where.ts";
import { advertisersOf } from "../asked.ts";
import { type Check, type Look, seen, seenLine } from "../check.ts";
import type { Seen } from "../finding.ts";
import { isUnder, unresolved } from "../names.ts";

/** TL505, TL507, TL508, TL512: each node asks each resolver that it is told to use. */
export const resolvers: Check = {
  finds: ["TL505", "TL507", "TL508", "TL512"],
  step: "name",
  explainedBy: ["TL128", "TL121", "TL122", "TL124", "TL118", "TL101", "TL407"],
  run(look) {
    const views = resolverViews(look).filter(({ node }) => !usesExitNode(node));
    for (const server of new Set(views.map((view) => view.server))) {
      const asking = views.filter((view) => view.server === server && view.hasRoute);
      const silent = asking.filter(isSilent);
      const [first] = silent;
      if (first === undefined) continue;
      const loop = loopAt(look.observations, first);
      if (loop !== undefined) tellLoop(look, first, silent, loop);
      else if (silent.length === asking.length) tellDown(look, first, silent);
      else for (const view of silent) tellCut(look, view, asking);
    }
  },
};

/** What says that a resolver asks MagicDNS again, which asks the resolver. */
function loopAt(
  observations: Observations,
  { server, domain, node }: ResolverView,
): Seen[] | undefined {
  if (domain !== undefined) return undefined;
  if (magicDnsAddresses.includes(server))
    return [seenLine(node.dns, /"Addr"/, `"Addr": "${server}"`)];
  const loop = forwarderToMagicDns(observations, server);
  if (loop === undefined) return undefined;
  const { host, listener } = loop;
  return [seen(host.sockets, listener.line), seenLine(host.resolvConf, /^nameserver/, "")];
}

function tellLoop(
  look: Look,
  view: ResolverView,
  silent: readonly ResolverView[],
  loop: readonly Seen[],
): void {
  const name = ownerOf(look.observations, view.server) ?? view.server;
  look.found({
    code: "TL507",
    node: name,
    involves: silent.map((each) => each.name),
    what: `the tailnet's resolver ${view.server} asks 100.100.100.100, which asks ${view.server} again`,
    seen: [view.seen, ...loop],
    why: `a question that nobody else knows goes round between tailscaled and the resolver on ${name}, until it times out`,
    fix: [
      `on ${name}: give its DNS server resolvers of the internet, and not /etc/resolv.conf's`,
      `on ${name}: tailscale set --accept-dns=false`,
      "on control: or take it out of dns.nameservers.global",
    ],
    explains: [`no node resolves names of the internet`],
  });
}

function tellDown(look: Look, view: ResolverView, silent: readonly ResolverView[]): void {
  const { server, domain } = view;
  const owner = ownerOf(look.observations, server) ?? peerName(view);
  const names = silent.map(({ name }) => name);
  const isNode = isTailnetAddress(server);
  const about = domain === undefined ? "all names" : `names of ${domain}`;
  const online = peerOnline(view);
  const host = owner === undefined ? undefined : machineOf(look.observations, owner);
  const listens =
    host?.sockets.kind === "seen" ? host.sockets.value.some(({ port }) => port === 53) : undefined;
  const dropped = listens === true && host !== undefined ? dropsQuestions(host, view) : undefined;
  look.found({
    code: isNode ? "TL512" : domain === undefined ? "TL508" : "TL505",
    node: owner ?? server,
    involves: [...names, server, ...(isAskedFor(look, view) ? [look.question?.from ?? ""] : [])],
    what: `${owner === undefined ? server : `${owner} (${server})`}, the tailnet's resolver for ${about}, does not answer`,
    seen: [
      view.seen,
      ...(isNode && online === false
        ? [seen(view.node.status, `${owner}: "Online": false`)]
        : listens === false && host !== undefined
          ? [seen(host.sockets, "nothing listens on port 53")]
          : dropped !== undefined && host !== undefined
            ? [seen(host.firewall, droppedText(dropped))]
            : silent.slice(1, 2).map((each) => each.seen)),
    ],
    why: [
      isNode && online === false ? `it is a node of the tailnet, and offline` : undefined,
      listens === false ? "the machine runs, and no DNS server on it" : undefined,
      dropped === undefined
        ? undefined
        : "its DNS server runs, and its firewall drops what it is asked",
      names.length === 1 && listens !== false && online !== false
        ? `only ${names[0]} could ask it: whether it is down, or out of ${names[0]}'s reach, can't be told`
        : `${names.join(", ")} ${names.length === 1 ? "gets" : "get"} no answer`,
    ]
      .filter((reason) => reason !== undefined)
      .join("; "),
    fix: [
      ...(owner === undefined
        ? [
            `look whether ${server} is the server's address: dns.nameservers.${domain === undefined ? "global" : "split"} of Headscale's config.yaml`,
          ]
        : []),
      dropped === undefined
        ? `on ${owner ?? server}: systemctl status its DNS server, and restart it`
        : `on ${owner ?? server}: nft -a list ruleset, and let UDP and TCP 53 pass before that rule`,
      `on control: give ${domain ?? "dns.nameservers.global"} a second nameserver`,
    ],
    explains: [`${about} are resolved on none of ${names.join(", ")}`],
  });
}

/** A rule of the server's own machine that drops what a node asks it. */
function dropsQuestions(host: HostObservations, { server, node }: ResolverView) {
  if (host.firewall.kind !== "seen") return undefined;
  const near = ownPrefixes(node).find(({ prefix }) => covers(prefix, server));
  return droppedBy(host.firewall.value, {
    hook: "input",
    device: isTailnetAddress(server) ? "tailscale0" : undefined,
    source: near?.address ?? "100.64.255.254",
    destination: server,
    port: 53,
    protocol: "udp",
    isAnswer: false,
  });
}

/** Others get an answer: only where it answers what was asked, as a policy may well let some ask and others not. */
function tellCut(look: Look, view: ResolverView, all: readonly ResolverView[]): void {
  const { server, domain, name } = view;
  if (domain !== undefined && !(isAskedFor(look, view) && look.question?.from === name)) return;
  const other = all.find(({ probe }) => isAnswer(probe.status));
  look.found({
    code: isTailnetAddress(server) ? "TL512" : domain === undefined ? "TL508" : "TL505",
    node: name,
    involves: [server],
    what: `${name} gets no answer of the tailnet's resolver ${server} for ${domain ?? "all names"}`,
    seen: [view.seen, ...(other === undefined ? [] : [other.seen])],
    why: `the server is up, as ${other?.name} gets an answer: the way from ${name} to it is cut, or a policy or firewall lets ${name} not ask`,
    fix: [
      `on ${name}: tailscale ping ${server}; dig @${server} . NS`,
      `on control: let ${name} use udp and tcp 53 of ${server} in the policy`,
    ],
    explains: [`${domain ?? "all names"} are not resolved on ${name}`],
  });
}

function isAskedFor(look: Look, { domain }: ResolverView): boolean {
  const asked = unresolved(look.observations);
  return asked !== undefined && (domain === undefined || isUnder(asked.name, domain));
}

function peerOnline({ node, server }: ResolverView): boolean | undefined {
  if (node.status.kind !== "seen") return undefined;
  return node.status.value.peers.find(({ addresses }) => addresses.includes(server))?.online;
}

function peerName({ node, server }: ResolverView): string | undefined {
  if (node.status.kind !== "seen") return undefined;
  return node.status.value.peers.find(({ addresses }) => addresses.includes(server))?.name;
}

/** TL506 split-dns-server-unrouted: only for a name of its domain, as a node may do without the domain. */
export const unroutedResolver: Check = {
  finds: ["TL506"],
  step: "name",
  explainedBy: ["TL102", "TL103", "TL121", "TL502", "TL503"],
  run(look) {
    for (const view of resolverViews(look)) {
      const { node, name, server, domain } = view;
      if (domain === undefined || view.hasRoute || look.question?.from !== name) continue;
      if (!isAskedFor(look, view) || isAnswer(view.probe.status)) continue;
      const prefs = look.read(node.prefs);
      const served =
        node.status.kind === "seen"
          ? node.status.value.peers.find(({ routes }) =>
              routes.some((route) => covers(route, server)),
            )
          : undefined;
      const isUnaccepted = served !== undefined && prefs?.acceptsRoutes === false;
      look.found({
        code: "TL506",
        node: name,
        involves: [
          server,
          ...(served === undefined ? advertisersOf(look.observations, server) : [served.name]),
        ],
        what: `${name} has no route to ${server}, the DNS server of ${domain}`,
        seen: [
          view.seen,
          seen(node.routes, `no route of table 52 or main covers ${server}`),
          ...(isUnaccepted ? [seenLine(node.prefs, /"RouteAll"/, '"RouteAll": false')] : []),
        ],
        why: isUnaccepted
          ? `${served.name} serves the route, and ${name} does not accept routes`
          : `no peer serves a route that covers it: it is not advertised, or control has not approved it`,
        fix: isUnaccepted
          ? [`on ${name}: tailscale set --accept-routes`]
          : [
              "on control: headscale nodes list-routes, and headscale nodes approve-routes -i ID -r ROUTE",
              `on the subnet router of ${server}: tailscale set --advertise-routes=ROUTE`,
            ],
        explains: [`${name} resolves no name of ${domain}`],
      });
    }
  },
};

/** TL509 exit-node-with-lan-resolver: with an exit node the LAN is out of reach, and so is a resolver in it. */
export const lanResolver: Check = {
  finds: ["TL509"],
  step: "name",
  explainedBy: ["TL121"],
  run(look) {
    for (const [name, node] of look.observations.tailscale) {
      const exit = exitNodeOf(node);
      const prefs = exit === undefined ? undefined : look.read(node.prefs);
      const conf = exit === undefined ? undefined : look.read(node.resolvConf);
      const probes = exit === undefined ? undefined : look.read(node.resolverProbes);
      if (exit === undefined || prefs === undefined || conf === undefined || probes === undefined)
        continue;
      const told = prefs.acceptsDns && node.dns.kind === "seen" ? node.dns.value.resolvers : [];
      const servers = [
        ...conf.nameservers.filter((each) => !magicDnsAddresses.includes(each)),
        ...told,
      ];
      const own = ownPrefixes(node);
      const server = servers.find((each) => own.some(({ prefix }) => covers(prefix, each)));
      const probe = probes.find((each) => each.server === server);
      if (
        server === undefined ||
        prefs.exitNodeAllowsLan ||
        probe === undefined ||
        isAnswer(probe.status)
      )
        continue;
      look.found({
        code: "TL509",
        node: name,
        involves: [exit.name, server],
        what: `${name} uses exit node ${exit.name}, and its resolver ${server} is in its own LAN`,
        seen: [
          { node: name, command: `dig @${server} . NS`, line: probe.line },
          seenLine(node.prefs, /"ExitNodeAllowLANAccess"/, '"ExitNodeAllowLANAccess": false'),
          seenLine(node.prefs, /"ExitNodeID"/, `"ExitNodeID": "${prefs.exitNode}"`),
        ],
        why: "with an exit node all goes through the tunnel, what is for the LAN too, unless LAN access is allowed; the exit node has another LAN",
        fix: [
          `on ${name}: tailscale set --exit-node-allow-lan-access=true`,
          "on control: or give the tailnet a resolver that is reached from everywhere (dns.nameservers.global)",
        ],
        explains: [`${name} resolves no names, so the internet seems to be down`],
      });
    }
  },
};
