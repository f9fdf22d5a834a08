import { routeOf, routeText } from "../../evidence/ip.ts";
import { covers, isDefault, isTailnetAddress } from "../../evidence/prefix.ts";
import { exitNodeOf, isTunnel, machineOf, ownPrefixes, serverOf } from "../../evidence/where.ts";
import { type Check, seen, seenLine } from "../check.ts";

/** TL405 detour-through-exit-node: only where somebody asks about what is not in the tailnet, as it is meant to be. */
export const exitNodeDetour: Check = {
  finds: ["TL405"],
  step: "path",
  explainedBy: [],
  run({ observations, read, found }) {
    const { attempts } = observations;
    const node = observations.tailscale.get(attempts?.question.from ?? "");
    if (attempts?.address == null || node === undefined) return;
    const { address } = attempts;
    const prefs = read(node.prefs);
    const exit = exitNodeOf(node);
    if (isTailnetAddress(address) || serverOf(node, address) || !exit || !prefs?.exitNode) return;
    const lan = ownPrefixes(node).find(({ prefix }) => covers(prefix, address));
    if (lan !== undefined && prefs.exitNodeAllowsLan) return;
    const name = node.machine.name;
    found({
      code: "TL405",
      node: name,
      involves: [exit.name, address],
      what:
        lan === undefined
          ? `${name} sends to ${address} through exit node ${exit.name}`
          : `${name} sends to ${address}, of its own LAN, through exit node ${exit.name}`,
      seen: [
        seenLine(node.prefs, /ExitNodeID/, `"ExitNodeID": "${prefs.exitNode}"`),
        seenLine(
          node.prefs,
          /ExitNodeAllowLANAccess/,
          `"ExitNodeAllowLANAccess": ${prefs.exitNodeAllowsLan}`,
        ),
      ],
      why: `with an exit node all but the tailnet goes to it first: the way is as long and as fast as that to ${exit.name}`,
      fix:
        lan === undefined
          ? [`on ${name}: tailscale set --exit-node=`]
          : [`on ${name}: tailscale set --exit-node-allow-lan-access=true`],
      explains: [],
    });
  },
};

/** TL405 of a subnet router: the LAN that it serves goes to its exit node too, unless it is told otherwise. */
export const routerThroughExitNode: Check = {
  finds: ["TL405"],
  step: "path",
  explainedBy: [],
  run({ observations, read, found }) {
    for (const node of observations.tailscale.values()) {
      const exit = exitNodeOf(node);
      const prefs = exit === undefined ? undefined : read(node.prefs);
      const [rules, routes] = [read(node.rules), read(node.routes)];
      if (exit === undefined || !prefs || rules === undefined || routes === undefined) continue;
      const served = prefs.advertisedRoutes.find(
        (route) =>
          !isDefault(route) && ownPrefixes(node).some(({ address }) => covers(route, address)),
      );
      const destination = served?.split("/")[0];
      if (served === undefined || destination === undefined) continue;
      const taken = routeOf(rules, routes, { destination });
      if (taken?.route === undefined || !isTunnel(taken.route.device)) continue;
      const name = node.machine.name;
      found({
        code: "TL405",
        node: name,
        involves: [exit.name],
        what: `${name} serves ${served}, its own LAN, and sends what is for it through exit node ${exit.name}`,
        seen: [
          seenLine(node.prefs, /ExitNodeID/, `"ExitNodeID": "${prefs.exitNode}"`),
          seenLine(node.prefs, /ExitNodeAllowLANAccess/, '"ExitNodeAllowLANAccess": false'),
          seen(node.routes, routeText(taken.route)),
        ],
        why: "with an exit node all goes through the tunnel, what is for the own LAN too, unless LAN access is allowed",
        fix: [
          `on ${name}: tailscale set --exit-node-allow-lan-access=true`,
          `on ${name}, else: tailscale set --exit-node=`,
        ],
        explains: [`nobody reaches ${served} by ${name}`],
      });
    }
  },
};

/** TL406 detour-through-subnet-router: what is asked by its LAN's address could be reached without the router. */
export const subnetRouterDetour: Check = {
  finds: ["TL406"],
  step: "path",
  explainedBy: ["TL105"],
  run({ observations, found }) {
    const { attempts, tailscale } = observations;
    const node = tailscale.get(attempts?.question.from ?? "");
    if (attempts?.address == null || node === undefined || isTailnetAddress(attempts.address))
      return;
    const { address, target, name: asked } = attempts;
    const server = serverOf(node, address);
    if (server === undefined || node.routes.kind !== "seen") return;
    const name = node.machine.name;
    const route = node.routes.value.find(
      (each) => each.table === "52" && covers(each.prefix, address),
    );
    if (route === undefined || name === server.name) return;
    const peer = target === null || target === server.name ? undefined : tailscale.get(target);
    const lan = ownPrefixes(node).find(({ prefix }) => covers(prefix, address));
    const self = peer?.status.kind === "seen" ? peer.status.value.self : undefined;
    if (self === undefined && lan === undefined) return;
    // Who has the address in a smaller or larger network is in another.
    const host = target === null ? undefined : machineOf(observations, target);
    const there = host && ownPrefixes(host).find((each) => each.address === address);
    if (self === undefined && there !== undefined && there.length !== lan?.length) return;
    found({
      code: "TL406",
      node: name,
      involves: [server.name, address, ...(target === null ? [] : [target])],
      what:
        self === undefined
          ? `${name} sends to ${address}, of its own LAN, through subnet router ${server.name}`
          : `${name} reaches ${target} through subnet router ${server.name}, though ${target} is in the tailnet itself`,
      seen: [
        seen(node.routes, `${route.prefix} dev ${route.device} table 52`),
        ...(self === undefined
          ? []
          : [seen(peer?.status ?? node.status, `"TailscaleIPs": ${self.addresses.join(", ")}`)]),
      ],
      why: `${asked ?? address} is an address of ${server.prefix}, which ${server.name} serves: each packet goes to the router and back`,
      fix:
        self === undefined
          ? [
              `on ${name}: ip rule add to ${server.prefix} priority 2500 lookup main`,
              `on ${name}, else: tailscale set --accept-routes=false`,
            ]
          : [`on ${name}: use ${self.dnsName || self.addresses[0]} (${self.addresses[0]}) instead`],
      explains: [],
    });
  },
};
