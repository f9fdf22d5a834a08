import { failedPrefix, readyLine } from "../plan/plan.ts";
import type { NodeState, RunningNode } from "./running-node.ts";

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

/** Why a node does not run; where its boot script gave up, in its words too. */
export async function whyDown(node: RunningNode): Promise<string> {
  const problem = stateProblem(node.state) ?? node.state;
  if (node.state !== "exited") return problem;
  const said = (await node.log({ tail: 10 })).split("\n");
  const last = said.findLast((line) => line === readyLine || line.startsWith(failedPrefix));
  return last === undefined || last === readyLine
    ? problem
    : `${problem}: ${last.slice(failedPrefix.length)}`;
}
