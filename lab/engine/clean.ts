import { label } from "../plan/plan.ts";
import { disconnect, disconnectAll } from "./endpoint-queue.ts";
import { type Engine, engineCall, engineStatus } from "./engine.ts";

/** Names of what was removed. */
export interface Removed {
  containers: string[];
  networks: string[];
  volumes: string[];
}

/**
 * Removes what carries our labels and nothing else: containers first, then their networks and volumes.
 * A stranger's container that is on a network of ours stays, and leaves the network.
 * What is gone already, or is being removed by another, is no error.
 */
export async function cleanAll(
  engine: Engine,
  { lab, run }: { lab?: string | undefined; run?: string | undefined } = {},
): Promise<Removed> {
  const labels = [
    lab === undefined ? label.lab : `${label.lab}=${lab}`,
    ...(run === undefined ? [] : [`${label.run}=${run}`]),
  ];
  const filters = { label: labels };
  const found = await engineCall(engine.listContainers({ all: true, filters }));
  for (const { Id, NetworkSettings } of found) {
    await disconnect(engine, Id, Object.keys(NetworkSettings?.Networks ?? {}));
  }
  const containers = await each(found, async ({ Id, Names }) => {
    const container = engine.getContainer(Id);
    await removed(container.remove({ force: true, v: true }));
    // Another may be removing it: its networks are free only when it is gone.
    await removed(container.wait({ condition: "removed" }));
    return Names[0]?.replace(/^\//, "") ?? Id;
  });
  const [networks, { Volumes: volumes }] = await Promise.all([
    engineCall(engine.listNetworks({ filters })),
    engineCall(engine.listVolumes({ filters })),
  ]);
  return {
    containers,
    networks: await each(networks, async ({ Id, Name }) => {
      await disconnectAll(engine, Id);
      await removed(engine.getNetwork(Id).remove());
      return Name;
    }),
    volumes: await each(volumes, async ({ Name }) => {
      await removed(engine.getVolume(Name).remove());
      return Name;
    }),
  };
}

/** All at once; the first failure is thrown when all have ended. */
async function each<T>(
  things: readonly T[],
  remove: (thing: T) => Promise<string>,
): Promise<string[]> {
  const results = await Promise.allSettled(things.map(remove));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])).sort();
}

async function removed(call: Promise<unknown>): Promise<void> {
  try {
    await engineCall(call);
  } catch (error) {
    const status = engineStatus(error);
    const isBeingRemoved = status === 409 && /in progress/.test(String(error));
    if (status !== 404 && !isBeingRemoved) throw error;
  }
}
