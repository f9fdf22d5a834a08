import { type FaultKind, lasting, momentary } from "../fault-kind.ts";
import { restartMachine } from "../machine.ts";

export const lifeFaults: readonly FaultKind[] = [
  lasting({
    kind: "stop",
    targets: ["node"],
    needs: "a node",
    example: "stop server",
    steps: (_, { node }) => [{ kind: "state", node, state: "stopped" }],
  }),
  lasting({
    kind: "kill",
    targets: ["node"],
    needs: "a node",
    example: "kill server",
    steps: (_, { node }) => [{ kind: "state", node, state: "killed" }],
  }),
  lasting({
    kind: "pause",
    targets: ["node"],
    needs: "a node",
    example: "pause server --for 30s",
    steps: (_, { node }) => [{ kind: "state", node, state: "paused" }],
  }),
  momentary({
    kind: "restart",
    targets: ["node"],
    needs: "a node that runs",
    example: "restart server",
    act: (lab, { node }) => restartMachine(lab.node(node)),
  }),
];
