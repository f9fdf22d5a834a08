import type { TailscaleObservations } from "../../evidence/observations.ts";
import { type Check, seenLine } from "../check.ts";
import type { Seen } from "../finding.ts";
import { hasPortMapping, hasUdp, natOf, relayedPair, shareIpv6 } from "../paths.ts";
import { peerRelay } from "../peer-relay.ts";

/** TL401 nats-do-not-match: an endpoint-dependent mapping, and a filter by exact address and port on the other side. */
export const nats: Check = {
  finds: ["TL401"],
  step: "path",
  explainedBy: ["TL402", "TL411", "TL404"],
  run(look) {
    const pair = relayedPair(look);
    if (pair === undefined) return;
    const { from, to, via } = pair;
    look.read(from.netcheck);
    look.read(to.netcheck);
    const [near, far] = [natOf(from), natOf(to)];
    const isMatched = [near, far].includes("none") || (near === "easy" && far === "easy");
    if (near === undefined || far === undefined || isMatched) return;
    if (hasUdp(from) !== true || hasUdp(to) !== true) return;
    if (hasPortMapping(from) || hasPortMapping(to) || shareIpv6(from, to)) return;
    const [a, b] = [from.machine.name, to.machine.name];
    const hard = [...(near === "hard" ? [a] : []), ...(far === "hard" ? [b] : [])];
    look.found({
      code: "TL401",
      node: hard[0] ?? a,
      involves: [a, b],
      what:
        hard.length === 2
          ? `${a} and ${b} are both behind a hard NAT, so there is no direct path between them`
          : `${hard[0]} is behind a hard NAT, and ${hard[0] === a ? b : a}'s lets in only whom it has sent to`,
      seen: [mapping(near === "hard" ? from : to), mapping(near === "hard" ? to : from), pair.seen],
      why: "a hard NAT uses another port for each destination, so the port that STUN saw is not the one that the peer would have to send to",
      fix: [
        `on the router of ${hard[0]}: switch UPnP, NAT-PMP or PCP on, or forward UDP 41641 to ${hard[0]}`,
        `${hard.map((name) => `on the router of ${name}`).join(", and ")}: switch "symmetric NAT" or port randomising off`,
        ...peerRelay("a node with a public address, else"),
      ],
      explains: [`${a} to ${b} goes by relay ${via}`],
    });
  },
};

function mapping(node: TailscaleObservations): Seen {
  const varies = natOf(node) === "hard";
  return seenLine(node.netcheck, /MappingVariesByDestIP/, `MappingVariesByDestIP: ${varies}`);
}
