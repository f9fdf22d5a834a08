import type { Plan } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { LoadedTopology } from "../../lab/topology/load.ts";
import { type Mutation, mutations } from "../mutations.ts";

/**
 * The mutation that `npm run mutate` asks for by environment, as what it does to each stage of a
 * lab; without one, nothing.
 */
function find(name: string | undefined): Pick<Mutation, "declared" | "planned" | "started"> {
  if (name === undefined) return {};
  const mutation = mutations.find((candidate) => candidate.name === name);
  if (mutation === undefined) throw new Error(`there is no mutation ${name}`);
  return mutation;
}

const mutation = find(process.env.TAILNET_LAB_MUTATION);

export const activeMutation = {
  declared: (loaded: LoadedTopology): LoadedTopology => mutation.declared?.(loaded) ?? loaded,
  planned: (plan: Plan): Plan => mutation.planned?.(plan) ?? plan,
  started: async (lab: RunningLab): Promise<void> => mutation.started?.(lab),
};
