import type { FirewallPacket } from "../evidence/firewall-packet.ts";
import type {
  Attempts,
  HostObservations,
  Observations,
  TailscaleObservations,
} from "../evidence/observations.ts";
import { covers, isDefault, isTailnetAddress } from "../evidence/prefix.ts";
import { exitNodeOf, ownPrefixes, serverOf } from "../evidence/where.ts";

/**
 * Whether what was asked works: then nothing on its way is broken. Undefined where it was not tried. Who has opened a
 * connection need not serve it: a finding tells that (`isBehindAnswer`).
 */
export function works(attempts: Attempts): boolean | undefined {
  const { name, connect, icmp, system } = attempts;
  // By its address it may be there: whoever asks for the name does not get it.
  if (name !== null && system?.kind === "seen" && system.value.length === 0) return false;
  if (connect?.kind === "seen") return connect.value === "connected";
  if (connect !== undefined) return undefined;
  if (icmp?.kind === "seen") return icmp.value.received > 0;
  if (icmp !== undefined) return undefined;
  if (system?.kind === "seen") return system.value.length > 0;
  return undefined;
}

/** Whether what was asked was answered, if only by a refusal. */
export function answers(attempts: Attempts): boolean {
  const { connect } = attempts;
  if (attempts.question.port === undefined) return isHeard(attempts);
  return connect?.kind === "seen" && (connect.value === "connected" || connect.value === "refused");
}

/** Whether anything at all came back from the target: then packets go both ways. */
export function isHeard({ connect, icmp }: Attempts): boolean {
  return (
    (connect?.kind === "seen" && (connect.value === "connected" || connect.value === "refused")) ||
    (icmp?.kind === "seen" && icmp.value.received > 0)
  );
}

/** A node's address in the tailnet, of the family of another address. */
export function sourceOf(seen: Observations, from: string, like = "0.0.0.0"): string | undefined {
  const status = seen.tailscale.get(from)?.status;
  const own = status?.kind === "seen" ? status.value.self?.addresses : undefined;
  return own?.find((address) => address.includes(":") === like.includes(":"));
}

/** From which addresses a host behind a router is asked: the router's own in that LAN, where it masquerades. */
export function sourcesBehind(
  router: TailscaleObservations,
  { source, destination }: Pick<FirewallPacket, "source" | "destination">,
): string[] {
  const isBare = router.prefs.kind === "seen" && !router.prefs.value.masquerades;
  const near = ownPrefixes(router).filter(({ prefix }) => covers(prefix, destination));
  return isBare || near.length === 0 ? [source] : near.map(({ address }) => address);
}

/** Whatever their role. */
export function everyMachine(seen: Observations): HostObservations[] {
  const control = seen.control === undefined ? [] : [seen.control];
  return [...seen.tailscale.values(), ...seen.hosts.values(), ...control];
}

/** Who takes a packet out of the tunnel: the target, its subnet router, or the exit node. */
export function receiverOf(seen: Observations): TailscaleObservations | undefined {
  const { attempts } = seen;
  if (attempts?.address == null) return undefined;
  const { address, target, question } = attempts;
  if (isTailnetAddress(address)) {
    return target === null ? undefined : seen.tailscale.get(target);
  }
  const from = seen.tailscale.get(question.from);
  if (from === undefined) return undefined;
  const server = serverOf(from, address) ?? exitNodeOf(from);
  return server === undefined ? undefined : seen.tailscale.get(server.name);
}

/** Nodes that advertise, or once advertised, a route to an address: as they or control say. */
export function advertisersOf(seen: Observations, address: string): string[] {
  const has = (routes: readonly string[]) =>
    routes.some((route) => !isDefault(route) && covers(route, address));
  const own = [...seen.tailscale.values()].flatMap(({ machine, prefs }) =>
    prefs.kind === "seen" && has(prefs.value.advertisedRoutes) ? [machine.name] : [],
  );
  const registry = seen.control?.nodes;
  const registered =
    registry?.kind === "seen"
      ? registry.value
          .filter((node) => has(node.advertisedRoutes) || has(node.approvedRoutes))
          .map(({ name }) => name)
      : [];
  return [...new Set([...own, ...registered])];
}

/** Nodes that use a machine as their exit node. */
export function exitNodeUsers(seen: Observations, name: string): string[] {
  return [...seen.tailscale.values()]
    .filter((node) => exitNodeOf(node)?.name === name)
    .map(({ machine }) => machine.name);
}

/** Machines on the way of what was asked; a finding about none of them answers another question. */
export function onTheWay(seen: Observations): ReadonlySet<string> | undefined {
  const { attempts } = seen;
  if (attempts === undefined) return undefined;
  const { question, target, peer, address } = attempts;
  const from = seen.tailscale.get(question.from);
  const exitNode = from === undefined ? undefined : exitNodeOf(from)?.name;
  const isBehindRouter = address !== null && !isTailnetAddress(address);
  // Of several routers with one route, one serves it; the others have no part in it, nor has any in one's own LAN.
  const routers = (to: string) => {
    const server = from === undefined ? undefined : serverOf(from, to);
    if (server !== undefined) return [server.name];
    const isNear = from !== undefined && ownPrefixes(from).some(({ prefix }) => covers(prefix, to));
    return isNear ? [] : advertisersOf(seen, to);
  };
  const names = [
    question.from,
    question.to,
    address,
    target,
    peer,
    exitNode,
    ...(isBehindRouter ? routers(address) : []),
  ];
  return new Set(names.filter((name) => name != null));
}

/** By what a policy means a node: its tag, else its user. */
export function selectorOf({ status }: TailscaleObservations): string {
  if (status.kind !== "seen") return "SOURCE";
  const [tag] = status.value.self?.tags ?? [];
  return tag ?? `${status.value.user || "USER"}@`;
}
