import { readEngineFacts, unsupported } from "../lab/engine/preflight/engine-facts.ts";
import { imageRef } from "../lab/images/recipes.ts";
import { loadTopology } from "../lab/topology/load.ts";
import { type Checked, checkedEngine, checkedLook } from "../setup/check.ts";
import { lookAround } from "../setup/look.ts";
import { stackOf } from "./prepare.ts";

/**
 * Everything that a lab needs of this machine and its engine, looked at and tried; nothing of it is changed.
 * @throws LabError as loading a topology does, EngineLost
 */
export async function checkMachine(topologyFile: string): Promise<Checked[]> {
  const { containers } = stackOf(await loadTopology(topologyFile)).plan();
  const keys = containers.map((container) => container.image);
  const found = await lookAround([{ program: "base" }, ...keys]);
  const { engine, lacks } = found;
  const facts = engine && (await readEngineFacts(engine));
  const checked = checkedLook(found, facts);
  if (engine === undefined || facts === undefined || unsupported(facts) !== undefined) {
    return checked;
  }
  const image = imageRef({ program: "base" });
  const hasImage = !lacks.some(({ missing }) => missing.endsWith(image));
  const size = { image, hasImage, containers: containers.length };
  return [...checked, ...(await checkedEngine(engine, facts, size))];
}
