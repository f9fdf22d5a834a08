import { fileURLToPath } from "node:url";
import type { LoadedTopology } from "../../lab/topology/load.ts";
import { labChanges } from "./mutation.ts";
import { sharedRun } from "./run.ts";
import { type LabSource, loadSource, ScenarioLab, startLab } from "./scenario-lab.ts";
import { reusedRun, warmLab } from "./warm-lab.ts";

export interface LabOptions {
  /** `false`: the lab is this file's alone, as its tests change what can't be given back. */
  shared?: boolean;
  /**
   * The lab stays for the next run, until `tailnet-lab clean`; a changed topology makes a new one and removes the
   * old. TAILNET_LAB_REUSE=1 says so for all files, TAILNET_LAB_REUSE=0 for none.
   */
  reuse?: boolean;
}

/**
 * A lab for a test's file: one that waits warm, where the run shares its labs or the lab is to be reused;
 * else one of its own. To be disposed of.
 */
export async function labFor(
  source: LabSource,
  testFile: string,
  { shared = true, reuse = false }: LabOptions = {},
): Promise<ScenarioLab> {
  const loaded = await loadSource(source);
  const { declared, planned, started, applied } = labChanges();
  if (declared !== undefined || planned !== undefined || started !== undefined) {
    return startLab(loaded);
  }
  const owner = isReused(reuse) ? ownerOf(source, testFile) : undefined;
  const lab = shared ? await unchanged(loaded, testFile, owner) : await startLab(loaded);
  if (applied === undefined) return lab;
  const undo = await applied(lab.running);
  return new ScenarioLab(lab.plan, lab.running, async () => {
    try {
      await undo();
    } finally {
      await lab[Symbol.asyncDispose]();
    }
  });
}

function unchanged(
  loaded: LoadedTopology,
  user: string,
  owner: string | undefined,
): Promise<ScenarioLab> {
  if (owner !== undefined) return warmLab(loaded, { run: reusedRun, user, owner });
  return sharedRun === undefined ? startLab(loaded) : warmLab(loaded, { run: sharedRun, user });
}

function isReused(reuse: boolean): boolean {
  const { TAILNET_LAB_REUSE: all } = process.env;
  return all === undefined || all === "" ? reuse : all !== "0";
}

/** The topology's file, or the test's where it declares the topology itself. */
function ownerOf(source: LabSource, testFile: string): string {
  if (typeof source === "string") return source;
  return source instanceof URL ? fileURLToPath(source) : testFile;
}
