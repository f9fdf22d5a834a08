import { routeOf, routeText, ruleText } from "../../evidence/ip.ts";
import type { Observation } from "../../evidence/observation.ts";
import type {
  HostObservations,
  IcmpResult,
  TailscaleObservations,
} from "../../evidence/observations.ts";
import { covers, isTailnetAddress } from "../../evidence/prefix.ts";
import { isTunnel, machineOf, ownPrefixes } from "../../evidence/where.ts";
import { isHeard, receiverOf, sourceOf, sourcesBehind } from "../asked.ts";
import { type Check, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import { lostAt, unrepliedAt } from "../lost.ts";

/** TL120: not even its own subnet router reaches it. */
export const lanHostNotAnswering: Check = {
  finds: ["TL120"],
  step: "way-back",
  explainedBy: ["TL118", "TL122", "TL111", "TL112", "TL114", "TL131", "TL133", "TL405", "TL513"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.address == null || isTailnetAddress(attempts.address) || isHeard(attempts))
      return;
    const { address, target, question, fromRouter, peer } = attempts;
    const router = receiverOf(observations);
    if (router === undefined || fromRouter?.icmp === undefined || peer === undefined) return;
    const ping = read(fromRouter.icmp);
    const near = read(fromRouter.connect);
    if (ping === undefined || ping.received > 0) return;
    if (near === "connected" || near === "refused") return;
    const host = target === null ? undefined : machineOf(observations, target);
    const addresses = host?.addresses.kind === "seen" ? host.addresses.value : undefined;
    const has = addresses?.flatMap(({ name, addresses: own }) =>
      name === "lo" ? [] : own.map((each) => each.address).filter((each) => !each.includes(":")),
    );
    const isElsewhere = has !== undefined && !has.includes(address);
    const source = sourceOf(observations, question.from, address) ?? "100.64.255.254";
    const [asker = source] = sourcesBehind(router, { source, destination: address });
    const strayed = strayedAt(router, address);
    if (strayed !== undefined) {
      found({
        code: "TL120",
        node: target ?? address,
        involves: [question.from, router.machine.name],
        what: `${router.machine.name} does not send to ${target ?? address} in its own LAN: another route or rule of it goes before`,
        seen: [strayed, unpinged(fromRouter.icmp, ping)],
        why: "the tailnet brings the packets as far as the router, and the router's own routing does not hand them to its LAN",
        fix: [
          `on ${router.machine.name}: ip route get ${address}`,
          `on ${router.machine.name}: look who sets that route or rule, and take it away`,
        ],
        explains: [`${question.from} can't reach ${target ?? address}`],
      });
      return;
    }
    const discarded = host === undefined ? undefined : discardedBy(host, asker);
    const unreplied = unrepliedAt(observations);
    const lost = lostAt(observations);
    const silent = unpinged(fromRouter.icmp, ping);
    found({
      code: "TL120",
      node: target ?? address,
      involves: [question.from, router.machine.name],
      what:
        discarded === undefined
          ? `${target ?? address} does not answer its own subnet router, ${router.machine.name}, either`
          : `${discarded.kind === "none" ? `no route on ${target ?? address} leads` : `a ${discarded.kind} on ${target ?? address} discards`} what it answers to ${router.machine.name}, ${asker}`,
      seen: [
        discarded?.seen ?? silent,
        ...(discarded === undefined ? [] : [silent]),
        ...(fromRouter.connect?.kind === "seen"
          ? [seen(fromRouter.connect, fromRouter.connect.evidence.stderr.trim())]
          : []),
        ...(host !== undefined && isElsewhere
          ? [seen(host.addresses, `${has.join(", ") || "no address"}, and not ${address}`)]
          : []),
        ...(unreplied === undefined ? [] : [unreplied.seen]),
        ...(lost?.last === undefined || lost.machine === question.from ? [] : lost.seen),
      ],
      ...(discarded === undefined
        ? {
            why: "the tailnet brings the packets as far as the router; the host is off, has another address, or drops them",
            fix: [
              isElsewhere
                ? `give ${target ?? address} the address ${address}, or ask for ${has.join(" or ")}`
                : `switch ${target ?? address} on, or give it its network back`,
              `on ${router.machine.name}: ping -c 3 ${address}; ip neigh show to ${address}`,
            ],
          }
        : {
            why: "requests arrive, and the host's own routing has no way for the answers",
            fix: [`on ${target ?? address}, unless it is meant: ${discarded.fix}`],
          }),
      explains: [`${question.from} can't reach ${target ?? address}`],
    });
  },
};

function unpinged(tried: Observation<IcmpResult>, { error }: IcmpResult): Seen {
  return seen(tried, error ?? "2 packets transmitted, 0 received");
}

/** The router's route, or rule, by which it sends elsewhere what is for its own LAN; by a tunnel is TL105's and TL405's. */
function strayedAt(router: TailscaleObservations, destination: string): Seen | undefined {
  const { routes, rules } = router;
  const near = ownPrefixes(router).find(({ prefix }) => covers(prefix, destination));
  if (near === undefined || routes.kind !== "seen" || rules.kind !== "seen") return undefined;
  if (destination.includes(":")) return undefined;
  const way = routeOf(rules.value, routes.value, { destination });
  if (way === undefined) return undefined;
  if (way.route === undefined) return seen(rules, ruleText(way.rule));
  const { device, gateway } = way.route;
  if (isTunnel(device) || (device === near.device && gateway === undefined)) return undefined;
  return seen(routes, routeText(way.route));
}

/** The host's route, or rule, by which it sends nothing to an address; undefined where it has a way, or can't be told. */
function discardedBy(
  { routes, rules }: HostObservations,
  destination: string,
): { kind: "none" | "route" | "rule"; seen: Seen; fix: string } | undefined {
  if (routes.kind !== "seen" || rules.kind !== "seen" || destination.includes(":"))
    return undefined;
  const way = routeOf(rules.value, routes.value, { destination });
  if (way === undefined) {
    const known = routes.value
      .filter(
        ({ type, table, prefix }) =>
          type === "unicast" && table === "main" && !prefix.includes(":"),
      )
      .map(routeText);
    const fix = `compare its netmask and gateway with those of its LAN's other machines`;
    return { kind: "none", seen: seen(routes, known.join("; ") || "no route"), fix };
  }
  const { rule, route } = way;
  if (route === undefined) {
    const fix = `ip rule del priority ${rule.priority}`;
    return { kind: "rule", seen: seen(rules, ruleText(rule)), fix };
  }
  if (!/^(?:blackhole|unreachable|prohibit)$/.test(route.type)) return undefined;
  const fix = `ip route del ${route.type} ${route.prefix} table ${route.table}`;
  return { kind: "route", seen: seen(routes, routeText(route)), fix };
}
