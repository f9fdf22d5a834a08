import type { TailscaleObservations } from "../../evidence/observations.ts";
import { type Check, type Look, seen } from "../check.ts";
import { switchesOf } from "../paths.ts";

/** TL404 endpoints-missing: a node knows its endpoints, and a peer is told of none. */
export const endpoints: Check = {
  finds: ["TL404"],
  step: "path",
  explainedBy: ["TL411", "TL303", "TL301", "TL302", "TL208"],
  run(look) {
    const nodes = [...look.observations.tailscale.entries()];
    for (const [name, node] of nodes) {
      const own = endpointsOf(node);
      if (own === undefined || own.length === 0) continue;
      const peers = nodes.flatMap(([peerName, peer]) => {
        const told = toldOf(look, peer, node);
        return peerName === name || told === undefined ? [] : [{ peerName, peer, told }];
      });
      const without = peers.filter(({ told }) => told.length === 0);
      const isSwitched = without.some(({ peer }) => switchesOf(peer).length > 0);
      const [first] = without;
      if (first === undefined || isSwitched) continue;
      const everybody = without.length === peers.length;
      look.found({
        code: "TL404",
        node: name,
        involves: without.map(({ peerName }) => peerName),
        what: `${without.map(({ peerName }) => peerName).join(", ")} ${
          without.length === 1 ? "is" : "are"
        } told of no endpoint of ${name}, which has ${own.length}`,
        seen: [
          seen(first.peer.netmap, `${name}: "Endpoints": null`),
          seen(node.status, `"Addrs": ${own.slice(0, 2).join(", ")}`),
        ],
        why: everybody
          ? "control has not handed them on: a peer that knows no endpoint sends nothing but by relay"
          : "control has handed them on to others, and not to these: what they were told is old or incomplete",
        fix: [
          `on ${name}, which tells control anew: systemctl restart tailscaled`,
          `on ${first.peerName}, which asks control anew: systemctl restart tailscaled`,
          "on control: update Headscale; its log tells of endpoint updates that it left out",
        ],
        explains: [`paths to ${name} begin by relay, and stay there where ${name} can't call back`],
      });
    }
  },
};

function endpointsOf({ status, netmap }: TailscaleObservations): string[] | undefined {
  if (status.kind !== "seen" || status.value.backendState !== "Running") return undefined;
  return netmap.kind === "seen" ? netmap.value.self?.endpoints : undefined;
}

/** Undefined where the peer does not see it, or could not be looked at. */
function toldOf(
  look: Look,
  { netmap, machine }: TailscaleObservations,
  node: TailscaleObservations,
): string[] | undefined {
  if (node.netmap.kind !== "seen" || netmap.kind === "unseen" || machine === node.machine)
    return undefined;
  const { nodeKey } = node.netmap.value;
  return look.read(netmap)?.peers.find(({ key }) => key === nodeKey)?.endpoints;
}
