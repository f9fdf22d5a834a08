import type { Observations, TailscaleObservations } from "../../evidence/observations.ts";
import { permits } from "../../evidence/packet-filter.ts";
import { isTailnetAddress, magicDnsAddresses } from "../../evidence/prefix.ts";
import {
  forwarderToMagicDns,
  isAnswer,
  isSilent,
  type ResolverView,
  resolverViews,
} from "../../evidence/resolver-views.ts";
import { machineOf, ownerOf, serverOf, usesExitNode } from "../../evidence/where.ts";
import { selectorOf, sourceOf } from "../asked.ts";
import { type Check, type Look, seen, seenLine } from "../check.ts";
import type { Seen } from "../finding.ts";
import { asFix, seenRule, toDns, withoutRule } from "../firewall-rule.ts";
import { inPolicy } from "../in-policy.ts";
import { isNameAsked } from "../names.ts";
import { dropsQuestions, tellDown } from "./resolver-down.ts";

/** TL505, TL507, TL508, TL512: each node asks each resolver that it is told to use. */
export const resolvers: Check = {
  finds: ["TL505", "TL507", "TL508", "TL512"],
  step: "name",
  explainedBy: ["TL128", "TL121", "TL122", "TL124", "TL130", "TL118", "TL101", "TL407"],
  run(look) {
    const views = resolverViews(look).filter(({ node }) => !usesExitNode(node));
    for (const server of new Set(views.map((view) => view.server))) {
      const all = views.filter((view) => view.server === server && view.hasRoute);
      const denied = new Map(
        all.filter(isSilent).flatMap((view) => {
          const filter = deniedBy(look, view);
          return filter === undefined ? [] : [[view, filter] as const];
        }),
      );
      // Whom the policy does not let ask says nothing of the server.
      const asking = all.filter((view) => !denied.has(view));
      for (const [view, filter] of denied) tellCut(look, view, all, filter);
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
      `on ${name}: give its DNS server resolvers of the internet, and neither 100.100.100.100 nor /etc/resolv.conf's`,
      `on ${name}, else, where its DNS server goes by /etc/resolv.conf: tailscale set --accept-dns=false`,
      `on control, else, in config.yaml: take ${view.server} out of dns.nameservers.global`,
      "on control: systemctl restart headscale",
    ],
    explains: [`no node resolves names of the internet`],
  });
}

/** Who takes a node's questions to a resolver out of the tunnel, where the policy lets the node ask none. */
function deniedBy(
  { observations }: Look,
  { node, name, server }: ResolverView,
): TailscaleObservations | undefined {
  const owner = isTailnetAddress(server)
    ? ownerOf(observations, server)
    : serverOf(node, server)?.name;
  // What it asks itself comes out of no tunnel.
  if (owner === name) return undefined;
  const receiver = observations.tailscale.get(owner ?? "");
  const source = sourceOf(observations, name, server);
  if (receiver?.netmap.kind !== "seen" || source === undefined) return undefined;
  const packet = { source, destination: server, port: 53 };
  const { packetFilter } = receiver.netmap.value;
  const mayAsk = (["udp", "tcp"] as const).some((protocol) =>
    permits(packetFilter, { ...packet, protocol }),
  );
  return mayAsk ? undefined : receiver;
}

/** Others get an answer, or the policy denies it: only where it answers what was asked, as a policy may well let some ask and others not. */
function tellCut(
  look: Look,
  view: ResolverView,
  all: readonly ResolverView[],
  filter?: TailscaleObservations,
): void {
  const { server, domain, name, node } = view;
  if (
    domain !== undefined &&
    !(isNameAsked(look.observations, domain) && look.question?.from === name)
  )
    return;
  const other = all.find(({ probe }) => isAnswer(probe.status));
  const owner = ownerOf(look.observations, server) ?? "";
  const host = machineOf(look.observations, owner);
  const dropped =
    host === undefined || filter !== undefined
      ? undefined
      : dropsQuestions(look.observations, host, view);
  look.found({
    code: isTailnetAddress(server) ? "TL512" : domain === undefined ? "TL508" : "TL505",
    node: name,
    involves: [server],
    what: `${name} gets no answer of the tailnet's resolver ${server} for ${domain ?? "all names"}`,
    seen: [
      view.seen,
      ...(filter === undefined
        ? []
        : [seen(filter.netmap, `"PacketFilter" has no rule from ${name} to port 53 of ${server}`)]),
      ...(dropped === undefined || host === undefined ? [] : [seenRule(host.firewall, dropped)]),
      ...(other === undefined ? [] : [other.seen]),
    ],
    why:
      filter !== undefined
        ? `no rule of the policy lets ${name} use it: the filter of ${filter.machine.name} drops the questions without an answer`
        : dropped !== undefined
          ? `the server is up, as ${other?.name} gets an answer, and the firewall of ${owner} drops what comes from ${name}`
          : `the server is up, as ${other?.name} gets an answer: the way from ${name} to it is cut, or a policy or a firewall does not let ${name} ask`,
    fix:
      dropped !== undefined && owner !== undefined
        ? asFix(owner, withoutRule(dropped, toDns))
        : isTailnetAddress(server) || serverOf(node, server) !== undefined
          ? [
              ...inPolicy(
                look.observations,
                `add { "src": ["${selectorOf(node)}"], "dst": ["${server}"], "ip": ["udp:53", "tcp:53"] } to "grants"`,
              ),
              `on ${name}: tailscale ping ${server}; dig @${server} . NS`,
            ]
          : [
              `on ${name}'s network: let UDP and TCP 53 to ${server} pass`,
              `on ${name}: dig @${server} . NS; dig +tcp @${server} . NS`,
            ],
    explains: [
      `${domain === undefined ? "all names" : `names of ${domain}`} are not resolved on ${name}`,
    ],
  });
}
