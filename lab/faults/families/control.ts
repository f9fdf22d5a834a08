import { passages, rulesAt } from "../edge.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { headscaleAnswers, service } from "../settings.ts";

export const controlFaults: readonly FaultKind[] = [
  lasting({
    kind: "control-down",
    targets: [],
    needs: "nothing",
    example: "control-down",
    steps: () => [service("control", "headscale", headscaleAnswers)],
  }),
  lasting({
    kind: "control-unreachable",
    targets: ["node"],
    needs: "a node with Tailscale",
    example: "control-unreachable laptop",
    steps: (lab, { node }) =>
      rulesAt(passages(lab, node, lab.control), (matches) =>
        matches.flatMap(({ out, back }) => [`${out} drop`, `${back} drop`]),
      ),
  }),
  lasting({
    kind: "map-stream-cut",
    targets: ["node"],
    needs: "a node with Tailscale that has joined",
    example: "map-stream-cut laptop",
    // tailscaled opens another stream when it has heard nothing for two minutes: that one begins well too.
    steps: (lab, { node }) =>
      rulesAt(
        passages(lab, node, lab.control),
        (matches) =>
          matches.flatMap(({ out, back }) => [
            `${out} tcp flags & (syn | ack) == syn update @fresh { tcp sport }`,
            `${out} meta l4proto tcp tcp sport != @fresh drop`,
            `${back} meta l4proto tcp tcp dport != @fresh drop`,
          ]),
        `  set fresh {\n    type inet_service; flags dynamic,timeout; timeout ${freshSeconds}s;\n  }\n`,
      ),
  }),
];

/** How long a stream to control lives: long enough to log in and to get a netmap. */
const freshSeconds = 5;
