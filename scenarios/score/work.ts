import type { LoadedTopology } from "../../lab/topology/load.ts";
import type { StartedLab } from "../harness/scenario-lab.ts";
import type { Scored } from "./look.ts";

/** One look of the score, in a lab of a topology. */
export interface Work {
  loaded: LoadedTopology;
  look(lab: StartedLab): Promise<Scored>;
}
