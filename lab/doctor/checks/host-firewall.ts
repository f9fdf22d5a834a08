import { type Dropped, droppedBy, grownDrops, mayBeDroppedBy } from "../../evidence/firewall.ts";
import type { FirewallPacket } from "../../evidence/firewall-packet.ts";
import { seenValue } from "../../evidence/observation.ts";
import type { HostObservations, TailscaleObservations } from "../../evidence/observations.ts";
import { isTailnetAddress, sharedRange } from "../../evidence/prefix.ts";
import { machineOf } from "../../evidence/where.ts";
import { isHeard, receiverOf, sourceOf, sourcesBehind, works } from "../asked.ts";
import type { Check, Look } from "../check.ts";
import {
  asFix,
  byTunnel,
  isOfIptables,
  ofAddress,
  seenRule,
  withoutRule,
} from "../firewall-rule.ts";
import { lostAt } from "../lost.ts";
import { isLoopback } from "../sockets.ts";

/** TL114: a rule of the machine itself drops what comes out of the tunnel, or by way of a subnet router. */
export const hostFirewall: Check = {
  finds: ["TL114"],
  step: "host-firewall",
  explainedBy: [],
  run(look) {
    if (look.observations.attempts === undefined) lookAtAll(look);
    else lookOnTheWay(look);
  },
};

function lookOnTheWay(look: Look): void {
  const { observations } = look;
  const { attempts } = observations;
  if (attempts?.address == null || works(attempts) === true) return;
  const { address, question, target, connect } = attempts;
  if (question.port === undefined && isHeard(attempts)) return;
  const isRefused = connect?.kind === "seen" && connect.value === "refused";
  const unknown = address.includes(":") ? "fd7a:115c:a1e0::1" : "100.64.0.1";
  const source = sourceOf(observations, question.from, address) ?? unknown;
  const { port, protocol } = question;
  const asked = { source, destination: address, port, protocol, isAnswer: false };
  const answer = { ...asked, source: address, destination: source, isAnswer: true };
  const tunnel = "tailscale0";
  const own = observations.tailscale.get(question.from);
  const receiver = receiverOf(observations);
  const isForwarded =
    receiver !== undefined && !isTailnetAddress(address) && receiver.machine.name !== target;
  const goesIn = isTailnetAddress(address) || receiver !== undefined;
  const what = `${protocol}/${port ?? "*"}`;
  const to = target ?? address;
  const told = (packets: readonly Trial[]): boolean =>
    packets.some(([machine, packet, words]) => {
      const dropped = droppedAt(look, machine, packet);
      if (dropped === undefined || (isRefused && !isReject(dropped))) return false;
      tell(look, machine, dropped, { involves: [question.from], what: words, packet });
      return true;
    });
  const trials: Trial[][] = [];
  const at = (
    machine: HostObservations | undefined,
    ...packets: readonly [packet: FirewallPacket, words: string][]
  ) => {
    if (machine === undefined) return;
    trials.push(packets.map(([packet, words]): Trial => [machine, packet, words]));
  };
  if (goesIn) at(own, [{ ...asked, hook: "output", device: tunnel }, `its own ${what} to ${to}`]);
  const hook = isForwarded ? "forward" : "input";
  at(receiver, [{ ...asked, hook, device: tunnel }, `${what} out of the tailnet`]);
  if (!isForwarded) {
    at(receiver, [{ ...answer, hook: "output", device: tunnel }, `its own answers from ${what}`]);
  } else if (target !== null) {
    const isIn = { hook: "input", device: undefined } as const;
    const isOut = { hook: "output", device: undefined } as const;
    at(
      machineOf(observations, target),
      ...sourcesBehind(receiver, asked).flatMap((router): [FirewallPacket, string][] => [
        [{ ...asked, ...isIn, source: router }, `${what} from ${router}`],
        [{ ...answer, ...isOut, destination: router }, `its own answers from ${what} to ${router}`],
      ]),
    );
  }
  if (goesIn) {
    at(own, [{ ...answer, hook: "input", device: tunnel }, `the answers from ${what} of ${to}`]);
  }
  const isTold = trials.map(told).includes(true);
  if (isTold) return;
  const lost = lostAt(observations);
  for (const [machine, packet, words] of trials.flat()) {
    // tcpdump has seen it come further, or not as far.
    if (lost !== undefined && lost.machine !== machine.machine.name) continue;
    const dropped = doubtfulAt(look, machine, packet, { isRefused });
    if (dropped === undefined) continue;
    const about = { involves: [question.from], what: words, packet };
    tell(look, machine, dropped, { ...about, isGuess: true });
  }
}

/** A packet at a machine, and what it is in words. */
type Trial = [machine: HostObservations, packet: FirewallPacket, words: string];

function rulesAfter({ observations }: Look, { machine }: HostObservations) {
  return seenValue(observations.attempts?.after?.get(machine.name)?.firewall);
}

function droppedAt(look: Look, machine: HostObservations, packet: FirewallPacket) {
  const rules = look.read(machine.firewall);
  if (rules === undefined) return undefined;
  const after = rulesAfter(look, machine);
  return droppedBy(rules, packet) ?? (after && grownDrops(rules, after, packet));
}

/** What may drop it, where something was tried in vain. */
function doubtfulAt(
  look: Look,
  machine: HostObservations,
  packet: FirewallPacket,
  tried: { isRefused: boolean },
) {
  const rules = seenValue(machine.firewall);
  if (rules === undefined || !look.observations.isLive) return undefined;
  return mayBeDroppedBy(rules, rulesAfter(look, machine), packet, tried);
}

/** Every service that is open to others is tried against the rules, and every route that is advertised. */
function lookAtAll(look: Look): void {
  for (const machine of look.observations.tailscale.values()) {
    const rules = look.read(machine.firewall);
    if (rules === undefined) continue;
    for (const [packet, what] of [...toServices(look, machine), ...toRoutes(machine)]) {
      const dropped = droppedBy(rules, packet);
      if (dropped === undefined) continue;
      tell(look, machine, dropped, { involves: [], what: `${what} out of the tailnet`, packet });
      break;
    }
  }
}

/** From some node of the tailnet: rules about one address say nothing of the machine. */
const outOfTunnel = { device: "tailscale0", source: sharedRange, isAnswer: false } as const;

function toServices(look: Look, { sockets }: HostObservations): [FirewallPacket, string][] {
  return (look.read(sockets) ?? [])
    .filter((socket) => !isLoopback(socket) && socket.program !== "tailscaled")
    .map(({ protocol, port, address }) => [
      { ...outOfTunnel, hook: "input", destination: address, port, protocol },
      `${protocol}/${port}`,
    ]);
}

/** Of any protocol, port and address: a rule about one says nothing of the route. */
function toRoutes({ prefs, status }: TailscaleObservations): [FirewallPacket, string][] {
  if (seenValue(status)?.tun !== true) return [];
  const routes = seenValue(prefs)?.advertisedRoutes ?? [];
  return routes
    .filter((route) => route.includes("."))
    .map((route) => [
      {
        ...outOfTunnel,
        hook: "forward",
        destination: route,
        port: undefined,
        protocol: "tcp",
      },
      `what goes to ${route}`,
    ]);
}

function isReject(dropped: Dropped): boolean {
  return dropped.kind === "rule" && dropped.rule.verdict === "reject";
}

const ufw = { input: "allow in", forward: "route allow in", output: "allow out" } as const;

function tell(
  { found, observations }: Look,
  { machine, firewall }: HostObservations,
  dropped: Dropped,
  {
    involves,
    what,
    packet,
    isGuess = false,
  }: { involves: string[]; what: string; packet: FirewallPacket; isGuess?: boolean },
): void {
  const lost = lostAt(observations);
  const verb = isReject(dropped) ? "reject" : "drop";
  const maybe = isGuess
    ? "nothing else was found that explains it, and of the rule nothing tells whether it is about these packets: "
    : "";
  found({
    code: "TL114",
    node: machine.name,
    involves,
    ...(isGuess ? { isGuess } : {}),
    what: `a firewall on ${machine.name} ${isGuess ? `may ${verb}` : `${verb}s`} ${what}`,
    seen: [seenRule(firewall, dropped), ...(lost?.machine === machine.name ? lost.seen : [])],
    ...(observations.tailscale.has(machine.name)
      ? {
          why: `${maybe}a drop in any base chain is final, whatever Tailscale's own rules accept; \`tailscale ping\` is answered by tailscaled and passes`,
          fix: [
            ...asFix(machine.name, withoutRule(dropped, byTunnel(packet.hook))),
            ...(isOfIptables(dropped)
              ? [`on ${machine.name}, with ufw: ufw ${ufw[packet.hook]} on tailscale0`]
              : []),
          ],
        }
      : {
          why: `${maybe}a drop in any base chain is final; what comes by a subnet router has the router's address in the LAN, where it masquerades`,
          fix: asFix(machine.name, withoutRule(dropped, ofAddress(packet))),
        }),
    explains: [`connections by the tailnet, to or from ${machine.name}, do not come about`],
  });
}
