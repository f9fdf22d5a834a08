import { routeOf } from "../../evidence/ip.ts";
import { seenValue } from "../../evidence/observation.ts";
import type { Attempts, HostObservations } from "../../evidence/observations.ts";
import { covers, isDefault, isTailnetAddress } from "../../evidence/prefix.ts";
import { ownPrefixes, serverOf } from "../../evidence/where.ts";
import { isHeard, receiverOf } from "../asked.ts";
import { type Check, seen } from "../check.ts";
import { advertisedRoutes } from "./routes.ts";

/** TL133: who serves the route is not in the network of the address, and another that serves one is. */
export const routeElsewhere: Check = {
  finds: ["TL133"],
  step: "route",
  explainedBy: ["TL104", "TL122", "TL124"],
  run(look) {
    const { observations, read, found } = look;
    const { attempts, tailscale } = observations;
    if (attempts?.address == null || isHeard(attempts) || isHeardByRouter(attempts)) return;
    const { address, question } = attempts;
    const own = tailscale.get(question.from);
    const router = receiverOf(observations);
    if (own === undefined || router === undefined || isTailnetAddress(address)) return;
    const server = serverOf(own, address);
    const interfaces = read(router.addresses);
    if (server === undefined || interfaces === undefined) return;
    // Also by an interface that is down: that is another cause.
    const isThere = interfaces.some(({ addresses }) =>
      addresses.some((each) => covers(`${each.address}/${each.prefixLength}`, address)),
    );
    if (isThere) return;
    // Who has a route of its own to that network is meant to.
    const [rules, routes] = [read(router.rules), read(router.routes)];
    if (rules === undefined || routes === undefined) return;
    const way = routeOf(rules, routes, { destination: address })?.route;
    if (way !== undefined && !isDefault(way.prefix)) return;
    const all = advertisedRoutes(look);
    const right = all
      .filter(({ node }) => node !== server.name)
      .flatMap(({ node, advertised, approved }) => {
        const machine = tailscale.get(node);
        const route = advertised.find(
          (each) => approved.includes(each) && !isDefault(each) && covers(each, address),
        );
        if (machine === undefined || route === undefined || !isIn(machine, address)) return [];
        return seenValue(machine.status)?.self?.online === true ? [{ node, machine, route }] : [];
      })[0];
    if (right === undefined) return;
    const wrong = all.find(({ node }) => node === server.name);
    const others = (routes: readonly string[] = []) =>
      routes.filter((route) => route !== server.prefix).join(",");
    const isNarrower = right.route !== server.prefix;
    found({
      code: "TL133",
      node: server.name,
      involves: [question.from, address, right.node],
      what: `${server.name} serves ${server.prefix}, and is not in the network of ${address}; ${right.node}, which is, serves ${right.route}`,
      seen: [
        seen(own.status, `${server.name}: "PrimaryRoutes" has ${server.prefix}`),
        seen(router.addresses, prefixesText(router)),
        seen(right.machine.addresses, prefixesText(right.machine)),
      ],
      why: isNarrower
        ? "of the routes to an address the one with the longest prefix counts, whether its router reaches the address or not"
        : "of several routers with one route control chooses one, whether it reaches the address or not",
      fix: [
        `on ${server.name}: tailscale set --advertise-routes=${others(wrong?.advertised)}`,
        `on control, else: headscale nodes approve-routes -i ${wrong?.id ?? "ID"} -r "${others(wrong?.approved)}"`,
      ],
      explains: [`${question.from} can't reach ${address}`],
    });
  },
};

/** Whether the router gets an answer, or nobody has tried. */
function isHeardByRouter({ fromRouter }: Attempts): boolean {
  const ping = seenValue(fromRouter?.icmp);
  const connect = seenValue(fromRouter?.connect);
  return (
    ping === undefined || ping.received > 0 || connect === "connected" || connect === "refused"
  );
}

function isIn(machine: HostObservations, address: string): boolean {
  return ownPrefixes(machine).some(({ prefix }) => covers(prefix, address));
}

function prefixesText(machine: HostObservations): string {
  return ownPrefixes(machine)
    .map(({ prefix, device }) => `${prefix} dev ${device}`)
    .join(", ");
}
