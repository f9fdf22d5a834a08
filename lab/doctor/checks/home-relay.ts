import type { Check, Look } from "../check.ts";
import { livesAt, type RelayView, relayViews, stunSeen } from "../relay-views.ts";

/** TL307 home-relay-unreachable-from-peer: what goes by relay goes to the receiver's home. */
export const homeRelay: Check = {
  finds: ["TL307"],
  step: "path",
  explainedBy: ["TL109", "TL304", "TL305", "TL306", "TL308", "TL108", "TL204"],
  run(look) {
    const views = relayViews(look);
    const pair = pairAsked(look);
    for (const view of views) {
      const others = views.filter(({ probe }) => probe.host === view.probe.host);
      const reaching = others.find(({ isReached }) => isReached);
      const isOfPair = pair.includes(view.node);
      const peers = livesAt(look.observations, view.relay.code).filter(
        (peer) => peer !== view.node && (!isOfPair || pair.includes(peer)),
      );
      if (view.isReached || reaching === undefined || peers.length === 0) continue;
      look.found({
        code: "TL307",
        node: view.node,
        // That others don't reach them is another matter.
        involves: isOfPair ? peers : peers.filter((peer) => !pair.includes(peer)),
        what: `${view.node} can't reach relay ${view.relay.code}, the home of ${peers.join(", ")}`,
        seen: [view.seen, reaching.seen, ...(isSilent(view) ? [stunSeen(view)] : [])],
        why: `the relay is up, as ${reaching.node} reaches it; a node is sent to by its home relay alone, so without a direct path ${view.node} reaches none of these`,
        fix: [
          `on ${view.node}: curl -v https://${view.probe.host}/generate_204`,
          `on ${view.node}'s network: let TCP 443 and UDP 3478 to ${view.probe.host} pass`,
          ...peers
            .slice(0, 1)
            .map((peer) => `on ${peer}, to try another home: tailscale debug pick-new-derp`),
        ],
        explains: [`${view.node} to ${peers.join(", ")}: nothing by relay`],
      });
    }
  },
};

/** The two ends of the tunnel that was asked about; empty where none was. */
function pairAsked({ observations: { attempts } }: Look): string[] {
  return attempts?.peer === undefined ? [] : [attempts.question.from, attempts.peer];
}

function isSilent({ stun }: RelayView): boolean {
  return stun === false;
}
