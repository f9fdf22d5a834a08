import type Docker from "dockerode";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import { packFiles } from "../../lab/engine/tar.ts";
import type { PlannedFile } from "../../lab/plan/plan.ts";
import { HalfMade, isStatus, type ResourceType, toLabels, unlessGone } from "./resource.ts";
import { computed, labelBlock, optional, required } from "./schema.ts";
import type { ObjectValue } from "./values.ts";

/** A planned state's attributes in the shapes that the schema gives them. */
interface Planned {
  name: string;
  image: string;
  hostname: string | null;
  entrypoint: string[] | null;
  command: string[] | null;
  env: string[] | null;
  restart: string | null;
  sysctls: Record<string, string> | null;
  cpu_shares: number | null;
  capabilities: { add: string[] | null }[];
  devices: { host_path: string; container_path: string; permissions: string }[];
  labels: { label: string; value: string }[];
  mounts: { type: "volume"; source: string; target: string; read_only: boolean | null }[];
  networks_advanced: { name: string; ipv4_address: string | null }[];
  upload: { file: string; content: string; executable: boolean | null }[];
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
      // A container that must run and does not is made anew: its boot script configures a fresh one.
      must_run: optional("bool"),
      destroy_grace_seconds: { ...optional("number"), updatable: true },
      sysctls: optional(["map", "string"]),
      cpu_shares: optional("number"),
    },
    blocks: {
      capabilities: { add: optional(["set", "string"]) },
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
        executable: optional("bool"),
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
      must_run: found.State.Running && !found.State.Paused,
      networks_advanced: connections(found),
    };
  },

  async create(engine, state, { removals, turns }) {
    const planned = state as unknown as Planned;
    const [first, ...others] = planned.networks_advanced;
    const made = await engine.createContainer(createOptions(planned, first));
    try {
      // All networks are there before the boot script looks for its interfaces.
      for (const { name, ipv4_address } of others) {
        await engine
          .getNetwork(name)
          .connect({ Container: made.id, EndpointConfig: endpoint(ipv4_address) });
      }
      const files: PlannedFile[] = planned.upload.map(({ file, content }) => ({
        path: file,
        content,
      }));
      if (files.length > 0) await made.putArchive(packFiles(files), { path: "/" });
      await removals.onceFree(/Address already in use/, async () => {
        using _turn = await turns.toStart(made.id, planned.networks_advanced.length);
        await made.start();
      });
    } catch (error) {
      await discard(made, { ...state, id: made.id }, error);
    }
    return { ...state, id: made.id };
  },

  async remove(engine, state, { turns }) {
    const handle = engine.getContainer(String(state.id));
    const networks = (state as unknown as Planned).networks_advanced.map(({ name }) => name);
    await turns.toLeave(handle.id, networks);
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

function createOptions(
  planned: Planned,
  first: Planned["networks_advanced"][number] | undefined,
): ContainerCreateOptions {
  return {
    name: planned.name,
    Image: planned.image,
    ...(planned.hostname === null ? {} : { Hostname: planned.hostname }),
    ...(planned.entrypoint === null ? {} : { Entrypoint: planned.entrypoint }),
    ...(planned.command === null ? {} : { Cmd: planned.command }),
    Env: planned.env ?? [],
    Labels: toLabels(planned.labels),
    HostConfig: {
      RestartPolicy: { Name: planned.restart ?? "no" },
      CapAdd: planned.capabilities.flatMap(({ add }) => add ?? []),
      Devices: planned.devices.map((device) => ({
        PathOnHost: device.host_path,
        PathInContainer: device.container_path,
        CgroupPermissions: device.permissions,
      })),
      Sysctls: planned.sysctls ?? {},
      ...(planned.cpu_shares === null ? {} : { CpuShares: planned.cpu_shares }),
      Mounts: planned.mounts.map((mount) => ({
        Type: mount.type,
        Source: mount.source,
        Target: mount.target,
        ReadOnly: mount.read_only ?? false,
      })),
      ...(first === undefined ? {} : { NetworkMode: first.name }),
    },
    ...(first === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first.name]: endpoint(first.ipv4_address) } } }),
  };
}

function endpoint(ipv4Address: string | null): { IPAMConfig?: { IPv4Address: string } } {
  return ipv4Address === null ? {} : { IPAMConfig: { IPv4Address: ipv4Address } };
}

/** The networks that the container is on now, by id, with the addresses that were asked for. */
function connections(found: ContainerInspectInfo): ObjectValue[] {
  return Object.values(found.NetworkSettings.Networks).map((network) => ({
    name: network.NetworkID,
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
