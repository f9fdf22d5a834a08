import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "../errors.ts";
import { anyLab, dockerName } from "../plan/docker-name.ts";
import { label } from "../plan/plan.ts";
import { disconnect, disconnectAll } from "./endpoint-queue.ts";
import { type Engine, engineCall, engineStatus } from "./engine.ts";
import { untilQuiet } from "./quiet.ts";

/** Names of what was removed. */
export interface Removed {
  containers: string[];
  networks: string[];
  volumes: string[];
}

export interface CleanOptions {
  /** All labs where absent. */
  lab?: string | undefined;
  run?: string | undefined;
  /** How long the engine may refuse while nothing goes, in ms. */
  idleMs?: number;
  /** Told the name of each thing as it is gone. */
  onRemoved?: (name: string) => void;
  signal?: AbortSignal | undefined;
}

const againMs = 100;

/**
 * Removes what carries our labels and nothing else: containers first, then their networks and volumes;
 * again and again until the engine lists none, as it may be making or removing some for another.
 * A stranger's container that is on a network of ours stays, and leaves the network.
 * @throws LabError `WaitTimedOut` with the engine's refusals where it goes no further; `EngineLost`; the
 *   signal's reason.
 */
export async function cleanAll(engine: Engine, options: CleanOptions = {}): Promise<Removed> {
  const { idleMs = 10_000, onRemoved = () => {}, signal } = options;
  const removed = {
    containers: new Set<string>(),
    networks: new Set<string>(),
    volumes: new Set<string>(),
  };
  let before = "";
  let limit = 0;
  let refusals: string[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const found = await find(engine, options);
    const left = [...found.containers, ...found.networks, ...found.volumes];
    if (left.length === 0) return mapSets(removed);
    const ids = left.map(({ id }) => id).join();
    const isStuck = ids === before;
    if (isStuck) {
      if (performance.now() > limit) throw refused(left, refusals, idleMs);
      await pause(againMs);
    }
    before = ids;
    refusals = await removeOnce(engine, found, (kind, name) => {
      if (!removed[kind].has(name)) onRemoved(name);
      removed[kind].add(name);
    });
    // From the end of a removal: on a busy machine it takes a while itself.
    if (!isStuck) limit = performance.now() + idleMs;
  }
}

/** How long the engine may be at work for others, whom it can't tell from those that are gone, in ms. */
const othersMs = 10_000;

/**
 * The same for whoever was killed: the engine goes on with what that asked of it, and lists it only once it is made.
 * @throws LabError as cleanAll
 */
export async function cleanAfterKilled(
  engine: Engine,
  options: CleanOptions & { quietMs?: number },
): Promise<void> {
  const { lab, quietMs: idleMs } = options;
  await cleanAll(engine, options);
  const prefix = lab === undefined ? anyLab : dockerName(lab, "");
  await untilQuiet(engine, prefix, {
    limitMs: othersMs,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  await cleanAll(engine, options);
}

interface Thing {
  id: string;
  name: string;
}

interface Container extends Thing {
  networks: string[];
}

interface Found {
  containers: Container[];
  networks: Thing[];
  volumes: Thing[];
}

async function find(engine: Engine, { lab, run }: CleanOptions): Promise<Found> {
  const filters = {
    label: [
      lab === undefined ? label.lab : `${label.lab}=${lab}`,
      ...(run === undefined ? [] : [`${label.run}=${run}`]),
    ],
  };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    engineCall(engine.listContainers({ all: true, filters })),
    engineCall(engine.listNetworks({ filters })),
    engineCall(engine.listVolumes({ filters })),
  ]);
  return {
    containers: containers.map(({ Id, Names, NetworkSettings }) => ({
      id: Id,
      name: Names[0]?.replace(/^\//, "") ?? Id,
      networks: Object.keys(NetworkSettings?.Networks ?? {}),
    })),
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: volumes.map(({ Name }) => ({ id: Name, name: Name })),
  };
}

/** One removal of each. @returns the engine's refusals; what is gone already is none. */
async function removeOnce(
  engine: Engine,
  { containers, networks, volumes }: Found,
  onRemoved: (kind: keyof Removed, name: string) => void,
): Promise<string[]> {
  for (const { id, networks: joined } of containers) await disconnect(engine, id, joined);
  const removeAll = async <T extends Thing>(
    kind: keyof Removed,
    things: readonly T[],
    remove: (thing: T) => Promise<unknown>,
  ) => {
    const results = await Promise.allSettled(
      things.map(async (thing) => {
        const refusal = await refusalOf(remove(thing));
        if (refusal === undefined) onRemoved(kind, thing.name);
        return refusal === undefined ? [] : [`${thing.name}: ${refusal}`];
      }),
    );
    return results.flatMap((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  };
  const refusals = await removeAll("containers", containers, ({ id }) =>
    engine.getContainer(id).remove({ force: true, v: true }),
  );
  if (refusals.length > 0) return refusals;
  const others = await Promise.all([
    removeAll("networks", networks, async ({ id }) => {
      await disconnectAll(engine, id);
      await engine.getNetwork(id).remove();
    }),
    removeAll("volumes", volumes, ({ name }) => engine.getVolume(name).remove()),
  ]);
  return others.flat();
}

/** The engine's message where it refuses; undefined where the thing is gone. Throws EngineLost. */
async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await engineCall(call);
  } catch (error) {
    const status = engineStatus(error);
    if (status === undefined) throw error;
    if (status !== 404) return String((error as Error).message).trim();
  }
  return undefined;
}

function refused(left: readonly Thing[], refusals: readonly string[], idleMs: number): LabError {
  const why = refusals.length > 0 ? refusals : left.map(({ name }) => `${name} is listed still`);
  return new LabError(
    "WaitTimedOut",
    `timed out after ${idleMs / 1000} s in which the engine removed nothing more: ${why.join("; ")}`,
    {
      remedy:
        "remove what uses it, or restart the Docker Engine if nothing does; then run the same command again",
    },
  );
}

function mapSets(removed: Record<keyof Removed, Set<string>>): Removed {
  return {
    containers: [...removed.containers].sort(),
    networks: [...removed.networks].sort(),
    volumes: [...removed.volumes].sort(),
  };
}
