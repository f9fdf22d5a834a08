import { fileURLToPath } from "node:url";
import { cleanAll } from "../../lab/engine/clean.ts";
import type { Engine } from "../../lab/engine/engine.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { type LoadedTopology, loadTopology } from "../../lab/topology/load.ts";
import { reapAfter } from "../harness/reaper.ts";
import { run, sharedRun } from "../harness/run.ts";
import type { ScenarioLab } from "../harness/scenario-lab.ts";
import { warmLab } from "../harness/warm-lab.ts";
import type { Case } from "./case.ts";

/** A case's topology with its policy; under another name where one is given. */
export async function loadedOf({ topology, name }: Case, lab?: string): Promise<LoadedTopology> {
  const loaded =
    topology instanceof URL ? await loadTopology(fileURLToPath(topology)) : inline(topology, name);
  return lab === undefined ? loaded : { ...loaded, topology: { ...loaded.topology, name: lab } };
}

function inline(declaration: Exclude<Case["topology"], URL>, name: string): LoadedTopology {
  const topology = defineLab(declaration);
  const { policy } = topology.tailnet;
  const file = `case:${name}`;
  return policy === undefined || typeof policy === "string"
    ? { topology, file }
    : { topology, file, policyText: JSON.stringify(policy, null, 2) };
}

/** A lab of the case's topology, that nobody else has until it is disposed of: it is kept for the next case then. */
export async function caseLab(theCase: Case, user: string): Promise<ScenarioLab> {
  // The owner of a shared run does so.
  if (sharedRun === undefined) reapAfter({ run });
  return warmLab(await loadedOf(theCase), { run, user });
}

/** Removes the labs of this process's cases. */
export async function endCases(engine: Engine): Promise<void> {
  if (sharedRun === undefined) await cleanAll(engine, { run });
}
