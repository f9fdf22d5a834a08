import { covers, magicDnsAddresses } from "../../evidence/prefix.ts";
import { isAnswer, resolverViews } from "../../evidence/resolver-views.ts";
import { exitNodeOf, ownPrefixes } from "../../evidence/where.ts";
import { advertisersOf } from "../asked.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { isNameAsked } from "../names.ts";

/** TL506 split-dns-server-unrouted: only for a name of its domain, as a node may do without the domain. */
export const unroutedResolver: Check = {
  finds: ["TL506"],
  step: "name",
  explainedBy: ["TL102", "TL103", "TL121", "TL502", "TL503"],
  run(look) {
    for (const view of resolverViews(look)) {
      const { node, name, server, domain } = view;
      if (domain === undefined || view.hasRoute || look.question?.from !== name) continue;
      if (!isNameAsked(look.observations, domain) || isAnswer(view.probe.status)) continue;
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
              "on control, with what `headscale nodes list-routes` has: headscale nodes approve-routes -i ID -r ROUTE",
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
          "on control, else, in config.yaml: give dns.nameservers.global a resolver that is reached from everywhere",
        ],
        explains: [`${name} resolves no names, so the internet seems to be down`],
      });
    }
  },
};
