import { existsSync } from "node:fs";
import { dirname } from "node:path";
import PQueue from "p-queue";
import { EndpointQueue } from "../lab/engine/endpoint-queue.ts";
import { type Engine, engineCall } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { dockerName } from "../lab/plan/docker-name.ts";
import { label, observerKind } from "../lab/plan/plan.ts";
import { originLabel } from "./origin.ts";
import { container } from "./provider/container.ts";
import { FirstStarts } from "./provider/first-starts.ts";
import { network } from "./provider/network.ts";
import { Removals } from "./provider/removals.ts";
import { type LabState, readRecord, type TerraformState } from "./state.ts";

/** The run of every lab that is brought up by a stack. */
export const stackRun = "stack";

/** The run of the container in which Headscale reads a policy before the lab is made. */
export const policyRun = "policy";

/** What Docker's names of a lab's things begin with. */
export function dockerPrefix(lab: string): string {
  return dockerName(lab, "");
}

/** What the engine has of a lab, by the lab's labels. */
export interface OnEngine {
  containers: Thing[];
  networks: Thing[];
  volumes: string[];
  /** The directory of the state of whoever brought it up. */
  origin: string | undefined;
}

interface Thing {
  id: string;
  /** The engine's name for it. */
  name: string;
}

export async function findOnEngine(engine: Engine, lab: string): Promise<OnEngine> {
  const filters = { label: [`${label.lab}=${lab}`, `${label.run}=${stackRun}`] };
  const [containers, networks, { Volumes }] = await Promise.all([
    engineCall(engine.listContainers({ all: true, filters })),
    engineCall(engine.listNetworks({ filters })),
    engineCall(engine.listVolumes({ filters })),
  ]);
  // Another command may be waiting for the lab by one; it goes with that command.
  const own = containers.filter(({ Labels }) => Labels[label.kind] !== observerKind);
  const labels = [...networks, ...Volumes].map((thing) => thing.Labels ?? {});
  return {
    containers: own.map(({ Id, Names }) => ({
      id: Id,
      name: Names[0]?.replace(/^\//, "") ?? Id,
    })),
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: Volumes.map(({ Name }) => Name),
    origin: labels.map((each) => each[originLabel]).find((origin) => origin !== undefined),
  };
}

export function isEmpty({ containers, networks, volumes }: OnEngine): boolean {
  return containers.length + networks.length + volumes.length === 0;
}

/**
 * Refuses a lab whose name runs already from another directory, or from another topology's file.
 * @throws LabError `LabElsewhere`.
 */
export async function refuseElsewhere(
  found: OnEngine,
  state: LabState,
  topologyFile?: string,
): Promise<void> {
  if (isEmpty(found)) return;
  if (found.origin !== undefined && found.origin !== state.directory) {
    const directory = dirname(dirname(found.origin));
    throw elsewhere(state.lab, found.origin, directory, `run this in ${directory}`);
  }
  const topology = (await readRecord(state))?.topology;
  if (topology === undefined || topologyFile === undefined || topology === topologyFile) return;
  // One that was renamed declares nothing any more.
  if (!existsSync(topology)) return;
  throw elsewhere(
    state.lab,
    topology,
    topology,
    `take it down with \`tailnet-lab down ${state.lab}\``,
  );
}

function elsewhere(lab: string, where: string, origin: string, remedy: string): LabError {
  return new LabError("LabElsewhere", `lab ${lab} was brought up from ${origin}`, {
    where,
    remedy: `${remedy}, or give this topology another name`,
  });
}

/** What is on the engine and not in Terraform's state: an interrupted run made it and could not write so. */
export function findOrphans(
  found: OnEngine,
  { ids }: TerraformState,
): { containers: Thing[]; networks: Thing[] } {
  const isOrphan = ({ id }: Thing) => !ids.has(id);
  // A volume needs no adoption: making one that is there already takes it as it is.
  return {
    containers: found.containers.filter(isOrphan),
    networks: found.networks.filter(isOrphan),
  };
}

export async function removeOrphans(
  engine: Engine,
  orphans: { containers: Thing[]; networks: Thing[] },
): Promise<void> {
  using endpoints = new EndpointQueue(engine);
  const order = {
    removals: new Removals(),
    endpoints,
    creations: new PQueue(),
    firstStarts: new FirstStarts(),
  };
  // One after the other, as their networks are not known: see EndpointQueue.
  for (const { id } of orphans.containers) {
    await engineCall(container.remove(engine, { id, networks_advanced: [] }, order));
  }
  await Promise.all(
    orphans.networks.map(({ id }) => engineCall(network.remove(engine, { id }, order))),
  );
}
