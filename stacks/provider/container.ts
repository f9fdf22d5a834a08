import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import {
  connectOthers,
  createOptions,
  type EngineContainer,
  startsFirst,
} from "../../lab/engine/create-container.ts";
import { waitForEnd } from "../../lab/engine/one-shot.ts";
import { packFiles } from "../../lab/engine/tar.ts";
import { type Labels, label } from "../../lab/plan/plan.ts";
import {
  HalfMade,
  isStatus,
  type Order,
  type ResourceType,
  toLabels,
  unlessGone,
} from "./resource.ts";
import { computed, labelBlock, optional, required } from "./schema.ts";
import type { ObjectValue } from "./values.ts";

/** A planned state's attributes in the shapes that the schema gives them. */
interface Planned {
  name: string;
  image: string;
  hostname: string;
  entrypoint: string[];
  command: string[] | null;
  env: string[] | null;
  attach: boolean | null;
  sysctls: Record<string, string> | null;
  cpu_shares: number | null;
  memory: number | null;
  security_opts: string[] | null;
  capabilities: { add: string[] | null }[];
  devices: { host_path: string }[];
  labels: { label: string; value: string }[];
  mounts: { source: string; target: string; read_only: boolean | null }[];
  networks_advanced: { name: string; ipv4_address: string | null }[];
  upload: { file: string; content: string | null; source: string | null }[];
}

export const container: ResourceType = {
  schema: {
    attributes: {
      id: computed("string"),
      name: required("string"),
      image: required("string"),
      hostname: optional("string"),
      entrypoint: optional(["list", "string"]),
      command: optional(["list", "string"]),
      env: optional(["set", "string"]),
      restart: optional("string"),
      // One that must run and does not is started again.
      must_run: { ...optional("bool"), updatable: true },
      // Of a container that runs to its end, which its creation waits for. It is not attached where it
      // failed, or was never started: then it is made anew.
      attach: optional("bool"),
      network_mode: optional("string"),
      destroy_grace_seconds: { ...optional("number"), updatable: true },
      sysctls: optional(["map", "string"]),
      cpu_shares: optional("number"),
      memory: optional("number"),
      memory_swap: optional("number"),
      security_opts: optional(["set", "string"]),
    },
    blocks: {
      capabilities: { add: optional(["set", "string"]), drop: optional(["set", "string"]) },
      devices: {
        host_path: required("string"),
        container_path: optional("string"),
        permissions: optional("string"),
      },
      labels: labelBlock,
      mounts: {
        type: required("string"),
        source: optional("string"),
        target: required("string"),
        read_only: optional("bool"),
      },
      networks_advanced: { name: required("string"), ipv4_address: optional("string") },
      upload: {
        file: required("string"),
        content: optional("string"),
        // Of an empty file alone, whose content can't be said.
        source: optional("string"),
      },
    },
  },

  async read(engine, state) {
    const found = await unlessGone(engine.getContainer(String(state.id)).inspect());
    if (found === null) return null;
    return {
      ...state,
      name: found.Name.replace(/^\//, ""),
      image: found.Image,
      ...(isOneShot(state)
        ? { attach: isDone(found.State) }
        : { must_run: isRunning(found.State) }),
      networks_advanced: state.network_mode === "none" ? [] : connections(found),
    };
  },

  announce(state, { firstStarts }) {
    const { name, labels, attach } = state as unknown as Planned;
    if (isFirst(toLabels(labels), attach)) firstStarts.expect(name);
  },

  async create(engine, state, order) {
    const planned = state as unknown as Planned;
    const asked = fromAttributes(planned);
    const { creations, firstStarts } = order;
    if (startsFirst(asked)) firstStarts.begin(planned.name);
    else await firstStarts.allStarted();
    const priority = startsFirst(asked) ? 1 : 0;
    try {
      const made = await creations.add(() => engine.createContainer(createOptions(asked)), {
        priority,
      });
      try {
        await creations.add(() => startNew(engine, made, planned, asked, order), { priority });
        firstStarts.ended(planned.name);
        if (asked.oneShot === true) await waitForEnd(made, asked.hostname);
      } catch (error) {
        await discard(made, { ...state, id: made.id }, error);
      }
      return { ...state, id: made.id };
    } finally {
      firstStarts.ended(planned.name);
    }
  },

  async update(engine, prior, planned, { endpoints }) {
    if (prior.must_run !== false || planned.must_run !== true) return;
    const handle = engine.getContainer(String(prior.id));
    const { State } = await handle.inspect();
    if (State.Paused) return await handle.unpause();
    const networks = (planned as unknown as Planned).networks_advanced;
    using _turn = await endpoints.toStart(handle.id, networks.length);
    await handle.start();
  },

  async remove(engine, state, { endpoints }) {
    const handle = engine.getContainer(String(state.id));
    const networks = (state as unknown as Planned).networks_advanced.map(({ name }) => name);
    await endpoints.toLeave(handle.id, networks);
    const grace = Number(state.destroy_grace_seconds ?? 0);
    if (grace > 0) {
      try {
        await handle.stop({ t: grace });
      } catch (error) {
        // 304: it is stopped already.
        if (!isStatus(error, 304) && !isStatus(error, 404)) throw error;
      }
    }
    await removeNow(handle);
  },
};

/** A container's attributes as what the engine is asked for. */
function fromAttributes(planned: Planned): EngineContainer {
  const labels = toLabels(planned.labels);
  const limit = labels[label.processLimit];
  return {
    dockerName: planned.name,
    hostname: planned.hostname,
    image: planned.image,
    command: [...planned.entrypoint, ...(planned.command ?? [])],
    ...(planned.attach === true ? { oneShot: true as const } : {}),
    environment: Object.fromEntries((planned.env ?? []).map(splitVariable)),
    capabilities: planned.capabilities.flatMap(({ add }) => add ?? []),
    securityOptions: planned.security_opts ?? [],
    ...(limit === undefined ? {} : { processLimit: Number(limit) }),
    ...(planned.memory === null ? {} : { memoryLimit: planned.memory }),
    devices: planned.devices.map(({ host_path }) => host_path),
    sysctls: planned.sysctls ?? {},
    cpuShares: planned.cpu_shares ?? 0,
    mounts: planned.mounts.map(({ source, target, read_only }) => ({
      volume: source,
      path: target,
      readOnly: read_only ?? false,
    })),
    labels,
    networks: planned.networks_advanced.map(({ name, ipv4_address }) => ({
      network: name,
      address: ipv4_address ?? undefined,
    })),
  };
}

/** Of a planned state, other parts of which may be unknown yet. */
function isFirst(labels: Labels, attach: boolean | null): boolean {
  return startsFirst({ labels, ...(attach === true ? { oneShot: true } : {}) });
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

async function startNew(
  engine: Docker,
  made: Docker.Container,
  { upload }: Planned,
  asked: EngineContainer,
  { removals, endpoints }: Order,
): Promise<void> {
  await connectOthers(engine, made.id, asked.networks);
  if (upload.length > 0) {
    const files = upload.map(({ file, content }) => ({ path: file, content: content ?? "" }));
    await made.putArchive(packFiles(files), { path: "/" });
  }
  await removals.onceFree(/Address already in use/, async () => {
    const priority = startsFirst(asked) ? 1 : 0;
    using _turn = await endpoints.toStart(made.id, asked.networks.length, priority);
    await made.start();
  });
}

function isOneShot({ attach }: ObjectValue): boolean {
  return typeof attach === "boolean";
}

function isRunning({ Running, Paused }: ContainerInspectInfo["State"]): boolean {
  return Running && !Paused;
}

/** Whether a container that runs to its end has done its work, or is about to: one that never started has not. */
function isDone({ Running, Status, ExitCode }: ContainerInspectInfo["State"]): boolean {
  return Running || (Status === "exited" && ExitCode === 0);
}

/**
 * The networks that the container is on now, by id, with the addresses that were asked for. Docker Engine 20.10 leaves the
 * id out until the container starts: then by the name that it was asked for.
 */
function connections(found: ContainerInspectInfo): ObjectValue[] {
  return Object.entries(found.NetworkSettings.Networks).map(([name, network]) => ({
    name: network.NetworkID || name,
    ipv4_address: network.IPAMConfig?.IPv4Address ?? null,
  }));
}

/** A container that did not start is of no use; where it can't go either, its id is kept. */
async function discard(made: Docker.Container, state: ObjectValue, cause: unknown): Promise<never> {
  try {
    await removeNow(made);
  } catch {
    throw new HalfMade(state, cause instanceof Error ? cause : new Error(String(cause)));
  }
  throw cause;
}

async function removeNow(handle: Docker.Container): Promise<void> {
  try {
    await unlessGone(handle.remove({ force: true, v: true }));
  } catch (error) {
    // Someone else removes it at this moment; when this wait ends it is gone.
    if (!isStatus(error, 409)) throw error;
    await unlessGone(handle.wait({ condition: "removed" }));
  }
}
