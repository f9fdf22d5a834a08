import { type Dropped, droppedBy } from "../../evidence/firewall.ts";
import type { HostObservations, Observations } from "../../evidence/observations.ts";
import { covers, isTailnetAddress } from "../../evidence/prefix.ts";
import type { ResolverView } from "../../evidence/resolver-views.ts";
import { machineOf, ownerOf, ownPrefixes, serverOf } from "../../evidence/where.ts";
import { sourceOf, sourcesBehind } from "../asked.ts";
import { type Look, seen } from "../check.ts";
import { asFix, seenRule, toDns, withoutRule } from "../firewall-rule.ts";
import { isNameAsked } from "../names.ts";

/** TL505, TL508, TL512 of a resolver of which none of the nodes that ask gets an answer. */
export function tellDown(look: Look, view: ResolverView, silent: readonly ResolverView[]): void {
  const { server, domain } = view;
  const owner = ownerOf(look.observations, server) ?? peerName(view);
  const names = silent.map(({ name }) => name);
  const isNode = isTailnetAddress(server);
  const about = domain === undefined ? "all names" : `names of ${domain}`;
  const online = peerOnline(view);
  const host = owner === undefined ? undefined : machineOf(look.observations, owner);
  const listens =
    host?.sockets.kind === "seen" ? host.sockets.value.some(({ port }) => port === 53) : undefined;
  const dropped =
    listens === true && host !== undefined
      ? dropsQuestions(look.observations, host, view)
      : undefined;
  look.found({
    code: isNode ? "TL512" : domain === undefined ? "TL508" : "TL505",
    node: owner ?? server,
    involves: [
      ...names,
      server,
      ...(isNameAsked(look.observations, domain) ? [look.question?.from ?? ""] : []),
    ],
    what: `${owner === undefined ? server : `${owner} (${server})`}, the tailnet's resolver for ${about}, does not answer`,
    seen: [
      view.seen,
      ...(isNode && online === false
        ? [seen(view.node.status, `${owner}: "Online": false`)]
        : listens === false && host !== undefined
          ? [seen(host.sockets, "nothing listens on port 53")]
          : dropped !== undefined && host !== undefined
            ? [seenRule(host.firewall, dropped)]
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
      ...(dropped === undefined ? [`on ${owner ?? server}: start its DNS server anew`] : []),
      ...(owner === undefined
        ? [
            `look whether ${server} is the server's address: dns.nameservers.${domain === undefined ? "global" : "split"} of Headscale's config.yaml`,
          ]
        : []),
      ...(dropped === undefined ? [] : asFix(owner ?? server, withoutRule(dropped, toDns))),
      `on control, else, in config.yaml: give ${domain === undefined ? "" : `${domain} of `}dns.nameservers.${domain === undefined ? "global" : "split"} a second nameserver`,
    ],
    explains: [`${about} are resolved on none of ${names.join(", ")}`],
  });
}

/** A rule of the server's own machine that drops what a node asks it, from whichever address. */
export function dropsQuestions(
  observations: Observations,
  { firewall }: HostObservations,
  view: ResolverView,
): Dropped | undefined {
  if (firewall.kind !== "seen") return undefined;
  const { server } = view;
  const dropped = sourcesOf(observations, view).map((source) =>
    droppedBy(firewall.value, {
      hook: "input",
      device: isTailnetAddress(server) ? "tailscale0" : undefined,
      source,
      destination: server,
      port: 53,
      protocol: "udp",
      isAnswer: false,
    }),
  );
  return dropped.includes(undefined) ? undefined : dropped[0];
}

/** By the tailnet a node asks from its own address, in its LAN from that there, else as its subnet router hands it on. */
function sourcesOf(observations: Observations, { node, name, server }: ResolverView): string[] {
  const source = sourceOf(observations, name, server);
  if (isTailnetAddress(server)) return source === undefined ? [] : [source];
  const near = ownPrefixes(node).find(({ prefix }) => covers(prefix, server));
  if (near !== undefined) return [near.address];
  const router = observations.tailscale.get(serverOf(node, server)?.name ?? "");
  return router === undefined || source === undefined
    ? []
    : sourcesBehind(router, { source, destination: server });
}

function peerOnline({ node, server }: ResolverView): boolean | undefined {
  if (node.status.kind !== "seen") return undefined;
  return node.status.value.peers.find(({ addresses }) => addresses.includes(server))?.online;
}

function peerName({ node, server }: ResolverView): string | undefined {
  if (node.status.kind !== "seen") return undefined;
  return node.status.value.peers.find(({ addresses }) => addresses.includes(server))?.name;
}
