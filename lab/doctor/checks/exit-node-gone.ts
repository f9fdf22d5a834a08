import { exitNodeOf, usesExitNode, wantedExitNode } from "../../evidence/where.ts";
import { type Check, outOfTailnet, seen, seenLine } from "../check.ts";

/** TL128: the setting names an exit node that the node has not got as a peer, so that nobody gets what it sends there. */
export const exitNodeGone: Check = {
  finds: ["TL128"],
  step: "route",
  explainedBy: [...outOfTailnet, "TL204", "TL303"],
  run({ observations, read, found }) {
    const { control } = observations;
    for (const node of observations.tailscale.values()) {
      const [status, prefs] = [read(node.status), read(node.prefs)];
      if (status === undefined || prefs === undefined) continue;
      if (!usesExitNode(node) || exitNodeOf(node) !== undefined) continue;
      const { name } = node.machine;
      const wanted = wantedExitNode(observations, node);
      const others = status.peers.filter(({ exitNodeOption }) => exitNodeOption);
      found({
        code: "TL128",
        node: name,
        ...(wanted === undefined ? {} : { involves: [wanted.name] }),
        what: `${name} uses exit node ${wanted?.name ?? prefs.exitNode}, which is none of its peers`,
        seen: [
          seenLine(node.prefs, /"ExitNode(?:ID|IP)": "./, `"ExitNodeID": "${prefs.exitNode}"`),
          seen(node.status, 'no peer has "ExitNode": true'),
          ...(control?.nodes.kind !== "seen" || wanted !== undefined
            ? []
            : [seen(control.nodes, `no node is ${prefs.exitNode}`)]),
        ],
        why: "what is not for the tailnet goes into the tunnel, and is dropped there: the exit node was removed, or the policy hides it",
        fix: [
          ...others
            .slice(0, 1)
            .map((other) => `on ${name}: tailscale set --exit-node=${other.name}`),
          `on ${name}, to use none: tailscale set --exit-node=`,
        ],
        explains: [`${name} does not reach the internet`],
      });
    }
  },
};
