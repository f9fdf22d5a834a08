import type { NetmapPeer } from "../../evidence/netmap.ts";
import { type Observation, seenValue } from "../../evidence/observation.ts";
import type { TailscaleObservations } from "../../evidence/observations.ts";
import { permits } from "../../evidence/packet-filter.ts";
import { permittingRule } from "../../evidence/policy-rules.ts";
import { type HeadscaleNode, namesRoutes } from "../../running/headscale.ts";
import { receiverOf, sourceOf } from "../asked.ts";
import type { Check, Look } from "../check.ts";
import { seen } from "../check.ts";
import type { Seen } from "../finding.ts";

/** Headscale sends something at least every 50 to 59 s. */
const longestSilenceMs = 75_000;
/** tailscaled asks every 30 s whether the other end of a quiet connection is there. */
const keepaliveMs = 31_000;
/** A change is told within a second or two; what came just now may not be in the netmap that was read. */
const deliveryMs = 4_000;

/** TL303 map-stream-dead: what a node was told differs from what control says, and control can be reached. */
export const mapStream: Check = {
  finds: ["TL303"],
  step: "control",
  explainedBy: ["TL301", "TL302", "TL208"],
  run(look) {
    for (const [name, node] of look.observations.tailscale) {
      if (isConnected(node)) lookAt(look, name, node);
    }
  },
};

/** Only where it believes to be, and could be: else something else is the cause. */
function isConnected({ status, controlProbe }: TailscaleObservations): boolean {
  return (
    status.kind === "seen" &&
    status.value.backendState === "Running" &&
    status.value.self?.online === true &&
    controlProbe.kind === "seen" &&
    controlProbe.value.status !== undefined
  );
}

function lookAt(look: Look, name: string, node: TailscaleObservations): void {
  const netmap = look.read(node.netmap);
  const connections = look.read(node.connections);
  const address = node.controlProbe.kind === "seen" ? node.controlProbe.value.address : "";
  const relays = netmap?.relays.flatMap(({ hosts }) => hosts.flatMap((h) => [h.ipv4, h.ipv6]));
  const [connection] = (connections ?? [])
    .filter(({ remote }) => remote === address || relays?.includes(remote) === false)
    .filter(({ remote, port }) => remote === address || port === 443)
    .sort((a, b) => a.idleMs - b.idleMs);
  const idleMs = connection?.idleMs;
  const registry = look.observations.control?.nodes;
  const stale =
    registry?.kind === "seen" && netmap !== undefined
      ? [...differences(netmap.peers, registry.value), ...ruleMissing(look, name, registry.value)]
      : [];
  const isUnanswered =
    connection !== undefined && connection.unanswered > 0 && connection.ackMs > keepaliveMs;
  const isSilent = isUnanswered || (idleMs !== undefined && idleMs > longestSilenceMs);
  const isStale = stale.length > 0 && (idleMs === undefined || idleMs > deliveryMs);
  if (!isSilent && !isStale) return;
  const silence: Seen[] =
    connection === undefined || !(isSilent || isStale)
      ? []
      : [seen(node.connections, connection.line)];
  const told: Seen[] = stale.flatMap(({ peer, here, there, by = registry }) => [
    seen(node.netmap, `${peer}: ${here}`),
    ...(by === undefined ? [] : [seen(by, `${peer}: ${there}`)]),
  ]);
  const [first, ...others] = [...told.slice(0, 4), ...silence];
  if (first === undefined) return;
  look.found({
    code: "TL303",
    node: name,
    what: isStale
      ? `${name} does not know what control says of ${stale.map(({ peer }) => peer).join(", ")}`
      : `${name} has heard nothing of control for ${Math.round((idleMs ?? 0) / 1000)} s`,
    seen: [first, ...others],
    why: "its connection to control stands, a new one would be answered, and what control tells does not come",
    fix: [
      // It would use its dead connection again after `tailscale down` and `up`, and does not see that
      // `tailscale debug break-tcp-conns` has ended it.
      `on ${name}: systemctl restart tailscaled`,
      `on ${name}'s network: look for a firewall or proxy that forgets idle connections`,
    ],
    explains: [`${name} works with old peers, addresses, routes and rules`],
  });
}

interface Difference {
  peer: string;
  here: string;
  there: string;
  /** What says `there`; absent: control's list of nodes. */
  by?: Observation<unknown>;
}

/** What is asked is allowed by control's policy, and by no rule of the filter of the node that it goes to. */
function ruleMissing(look: Look, name: string, nodes: readonly HeadscaleNode[]): Difference[] {
  const { attempts, control } = look.observations;
  const receiver = receiverOf(look.observations);
  if (attempts?.address == null || receiver?.machine.name !== name) return [];
  if (control?.policy.kind !== "seen" || receiver.netmap.kind !== "seen") return [];
  const { question, address } = attempts;
  const source = sourceOf(look.observations, question.from, address);
  if (source === undefined) return [];
  const { port, protocol } = question;
  const packet = { source, destination: address, port, protocol };
  const users = seenValue(control.users)?.map((user) => user.name);
  const rule = permittingRule(control.policy.value, nodes, packet, users);
  if (rule === undefined || permits(receiver.netmap.value.packetFilter, packet)) return [];
  const asked = `${protocol}/${port ?? "any port"} from ${source}`;
  const here = `"PacketFilter" has no rule for ${asked}`;
  return [{ peer: question.from, here, there: rule, by: control.policy }];
}

/** What the policy hides is no difference: only peers that the node knows are compared. */
function differences(
  peers: readonly NetmapPeer[],
  registry: readonly HeadscaleNode[],
): Difference[] {
  return peers.flatMap((peer): Difference[] => {
    const peerName = peer.dnsName.split(".")[0] || peer.hostname;
    const known = registry.find(({ nodeKey }) => nodeKey === peer.key);
    if (known === undefined) {
      const other = registry.find(({ addresses }) =>
        addresses.some((a) => peer.addresses.includes(a)),
      );
      if (peer.key === "") return [];
      const there = other === undefined ? "no such node" : `key ${other.nodeKey.slice(0, 18)}…`;
      return [{ peer: peerName, here: `key ${peer.key.slice(0, 18)}…`, there }];
    }
    const told: Difference[] = [];
    if (peer.online !== undefined && peer.online !== known.online) {
      const word = (online: boolean) => (online ? "online" : "offline");
      told.push({ peer: peerName, here: word(peer.online), there: word(known.online) });
    }
    if (peerName !== known.givenName) {
      told.push({ peer: peerName, here: `named ${peerName}`, there: `named ${known.givenName}` });
    }
    const routes = peer.allowedIps.filter(
      (route) =>
        namesRoutes(registry) &&
        !/\/(32|128)$/.test(route) &&
        !known.approvedRoutes.includes(route),
    );
    if (routes.length > 0) {
      const there = `approved: ${known.approvedRoutes.join(", ") || "none"}`;
      told.push({ peer: peerName, here: `serves ${routes.join(", ")}`, there });
    }
    return told;
  });
}
