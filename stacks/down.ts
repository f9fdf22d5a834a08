import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine } from "../lab/engine/engine.ts";
import { releaseIsolation } from "../lab/engine/host-firewall.ts";
import { LabError } from "../lab/errors.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { Progress } from "../lab/progress.ts";
import { listLabs } from "../lab/running/running-lab.ts";
import {
  dockerPrefix,
  findOnEngine,
  isEmpty,
  policyRun,
  refuseElsewhere,
  stackRun,
} from "./orphans.ts";
import { settle } from "./settle.ts";
import {
  forgetLab,
  hasState,
  labState,
  lockLab,
  noteUnfinished,
  readRecord,
  refuseLinks,
} from "./state.ts";

export interface DownOptions {
  lab: string;
  /** The directory that holds `.tailnet-lab/`. */
  base: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Removes a lab with all that it keeps, and its state. It goes by the engine's labels alone, as
 * neither a topology nor Terraform's state need be there or be right.
 * @returns the names of what was removed, as `StackResult` has them.
 * @throws LabError `LabNotFound`, `LabLocked`, `LabElsewhere`, `UsageInvalid`, and as `cleanAll`.
 */
export async function downStack(options: DownOptions): Promise<{ removed: string[] }> {
  const { lab, progress, signal } = options;
  const state = labState(options.base, lab);
  await refuseLinks(state);
  await using _lock = await lockLab(lab, "tailnet-lab down");
  const engine = await connectEngine();
  await settle(engine, state, options);
  const found = await findOnEngine(engine, lab);
  await refuseElsewhere(found, state);
  const judges = await cleanAll(engine, { lab, run: policyRun, signal });
  const hasNothing = isEmpty(found) && judges.containers.length === 0;
  if (hasNothing && !(await hasState(state))) {
    if ((await listLabs(engine)).some(({ name }) => name === lab)) {
      throw new LabError("UsageInvalid", "this lab is a test's, which takes it down", {
        where: lab,
        remedy: `where the test keeps it, run \`tailnet-lab clean --lab ${lab}\``,
      });
    }
    throw new LabError(
      "LabNotFound",
      `no lab ${lab} was brought up from here, nor is any on this engine`,
      {
        where: state.directory,
        remedy: "run `down` in the directory, and with the DOCKER_HOST, of its `up`",
      },
    );
  }
  return await progress.step(`Take down lab ${lab}`, async (detail) => {
    if ((await readRecord(state)) !== undefined) await noteUnfinished(state);
    const gone = await cleanAll(engine, {
      lab,
      run: stackRun,
      onRemoved: (name) => detail(`${name} is gone`),
      signal,
    });
    const short = (name: string) => name.replace(dockerPrefix(lab), "");
    await forgetLab(state);
    await releaseIsolation(engine, imageRef({ program: "base" }));
    return {
      removed: [
        ...gone.containers.map(short),
        ...gone.networks.map((name) => `network ${short(name)}`),
        ...gone.volumes.map((name) => `volume ${short(name)}`),
      ],
    };
  });
}
