import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { engineCall } from "../../lab/engine/engine.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";

/** Facts of each node that a test may change and has to give back, one a line. */
export type LabState = Record<string, string[]>;

const script = await readFile(new URL("./lab-state.sh", import.meta.url), "utf8");
/** What a test undoes at last takes effect a moment later: a netmap, a container that starts. In ms. */
const settleLimit = 10_000;
const askAgain = 200;

/**
 * Reads the state of all nodes at once. A node that does not run has one fact: that.
 * @throws LabError NodeFailed, where a node that runs can't tell
 */
export async function stateOf(lab: RunningLab): Promise<LabState> {
  const states = await Promise.all(
    lab.nodes.map(async (node) => {
      const { State } = await engineCall(node.container.inspect());
      if (!State.Running) return [node.name, ["state: does not run"]] as const;
      const stdout = await node.output(["bash", "-s"], { input: script, timeoutMs: 60_000 });
      return [node.name, stdout.split("\n").filter((line) => line !== "")] as const;
    }),
  );
  return Object.fromEntries(states);
}

/** What a lab has more or less than it had, `+` or `-` before each fact; empty where it is as it was. */
export async function changesSince(lab: RunningLab, before: LabState): Promise<string[]> {
  const limit = performance.now() + settleLimit;
  for (;;) {
    const changes = differences(before, await stateOf(lab));
    if (changes.length === 0 || performance.now() > limit) return changes;
    await pause(askAgain);
  }
}

export function differences(before: LabState, after: LabState): string[] {
  const nodes = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return nodes.flatMap((node) => [
    ...without(before[node] ?? [], after[node] ?? []).map((fact) => `- ${node}: ${fact}`),
    ...without(after[node] ?? [], before[node] ?? []).map((fact) => `+ ${node}: ${fact}`),
  ]);
}

/** Facts of the first that the second has fewer of. */
function without(facts: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const fact of others) left.set(fact, (left.get(fact) ?? 0) + 1);
  return facts.filter((fact) => {
    const count = left.get(fact) ?? 0;
    left.set(fact, count - 1);
    return count <= 0;
  });
}
