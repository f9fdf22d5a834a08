import { livesAt, type RelayView, relayViews, stunSeen } from "../../evidence/relay-views.ts";
import type { Check, Look } from "../check.ts";

/** TL307 home-relay-unreachable-from-peer: what goes by relay goes to the receiver's home. */
export const homeRelay: Check = {
  finds: ["TL307"],
  step: "path",
  explainedBy: [
    "TL109",
    "TL130",
    "TL304",
    "TL305",
    "TL306",
    "TL308",
    "TL108",
    "TL204",
    "TL128",
    "TL407",
  ],
  run(look) {
    const views = relayViews(look);
    const pair = pairAsked(look);
    for (const view of views) {
      const others = views.filter(({ relay }) => relay.code === view.relay.code);
      const reaching = others.find(({ isReached }) => isReached);
      const isOfPair = pair.includes(view.node);
      const homes = livesAt(look.observations, view.relay.code);
      const peers = homes.filter(
        (peer) => peer !== view.node && (!isOfPair || pair.includes(peer)),
      );
      const whose = [
        ...(homes.includes(view.node) ? ["its own home"] : []),
        ...(peers.length > 0 ? [`the home of ${peers.join(", ")}`] : []),
      ];
      if (view.isReached || reaching === undefined || whose.length === 0) continue;
      look.found({
        code: "TL307",
        node: view.node,
        // That others don't reach them is another matter.
        involves: isOfPair ? peers : peers.filter((peer) => !pair.includes(peer)),
        what: `${view.node} can't reach relay ${view.relay.code}, ${whose.join(" and ")}`,
        seen: [view.seen, reaching.seen, ...(isSilent(view) ? [stunSeen(view)] : [])],
        why: `the relay is up, as ${reaching.node} reaches it; a node is sent to by its home relay alone, so nothing gets there where no direct path is`,
        fix: [
          `on ${view.node}'s network: let TCP 443 and UDP 3478 to ${view.probe.host} pass`,
          `on ${view.node}: curl -v -m 10 https://${view.probe.host}/generate_204`,
        ],
        explains: [
          peers.length > 0
            ? `${view.node} to ${peers.join(", ")}: nothing by relay`
            : `nothing reaches ${view.node} by relay, until it has another home`,
        ],
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
