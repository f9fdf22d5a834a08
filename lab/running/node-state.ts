import type { NodeState } from "./running-node.ts";

const stateProblems: Record<NodeState, string | null> = {
  running: null,
  paused: "its container is paused",
  created: "its container was never started",
  exited: "its container has exited",
  restarting: "its container is restarting",
  removing: "its container is being removed",
  dead: "its container is dead",
};

/** What a container's state says against it; null where it runs. */
export function stateProblem(state: NodeState): string | null {
  return stateProblems[state];
}
