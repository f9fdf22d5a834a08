import type { ContainerCreateOptions, EndpointSettings } from "dockerode";
import { type Labels, label, type PlannedContainer } from "../plan/plan.ts";
import type { Engine } from "./engine.ts";

/** A planned container, with its image and its networks as the engine knows them. */
export interface EngineContainer
  extends Omit<PlannedContainer, "name" | "image" | "interfaces" | "files"> {
  hostname: string;
  /** A reference or an id. */
  image: string;
  /** The first is there when the container is created, the others are connected before its start. */
  networks: Connection[];
}

/** A network, by name or id, and the container's address on it. */
export interface Connection {
  network: string;
  address: string | undefined;
}

/** @param networkOf the engine's name or id of a network of the plan */
export function toEngine(
  { name, interfaces, files: _, ...planned }: PlannedContainer,
  image: string,
  networkOf: (name: string) => string,
): EngineContainer {
  const networks = interfaces.map(({ network, dockerAddress }) => ({
    network: networkOf(network),
    address: dockerAddress,
  }));
  return { ...planned, hostname: name, image, networks };
}

const bytesPerMebibyte = 1024 * 1024;

/** What asks the engine for a container, with its first network only: see `connectOthers`. */
export function createOptions(container: EngineContainer): ContainerCreateOptions {
  const [first] = container.networks;
  const { command, processLimit, memoryLimit } = container;
  return {
    name: container.dockerName,
    Hostname: container.hostname,
    Image: container.image,
    // The command replaces the image's own entry point, whatever that is.
    Entrypoint: command.slice(0, 1),
    Cmd: command.slice(1),
    Env: Object.entries(container.environment).map(([key, value]) => `${key}=${value}`),
    Labels: labelsOf(container),
    HostConfig: {
      // A node that dies stays dead and visible: a lab shows faults, it does not hide them.
      RestartPolicy: { Name: "no" },
      CapDrop: ["ALL"],
      CapAdd: container.capabilities,
      SecurityOpt: container.securityOptions,
      Devices: container.devices.map((path) => ({
        PathOnHost: path,
        PathInContainer: path,
        CgroupPermissions: "rwm",
      })),
      Sysctls: container.sysctls,
      CpuShares: container.cpuShares,
      ...(processLimit === undefined ? {} : { PidsLimit: processLimit }),
      ...(memoryLimit === undefined ? {} : memoryResources(memoryLimit)),
      Mounts: container.mounts.map(({ volume, path, readOnly }) => ({
        Type: "volume" as const,
        Source: volume,
        Target: path,
        ReadOnly: readOnly,
        // The engine makes a volume that was removed meanwhile anew: it has to be found as the lab's.
        VolumeOptions: {
          Labels: ownerOf(container.labels),
          NoCopy: false,
          DriverConfig: { Name: "local", Options: {} },
        },
      })),
      NetworkMode: first?.network ?? "none",
    },
    ...(first === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first.network]: endpoint(first) } } }),
  };
}

/**
 * The container's labels. Its limit on processes is among them, as the registry's provider has no
 * attribute for that.
 */
export function labelsOf({
  labels,
  processLimit,
}: Pick<PlannedContainer, "labels" | "processLimit">): Labels {
  return processLimit === undefined
    ? labels
    : { ...labels, [label.processLimit]: String(processLimit) };
}

/** Whose it is: the lab and its run. */
function ownerOf(labels: Labels): Labels {
  return Object.fromEntries(
    [label.lab, label.run].flatMap((key) => {
      const value = labels[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** A limit in MiB, of memory alone: without the second one, a container may swap as much again. */
function memoryResources(limit: number): { Memory: number; MemorySwap: number } {
  return { Memory: limit * bytesPerMebibyte, MemorySwap: limit * bytesPerMebibyte };
}

/** Connects a container that was created to its further networks, before its start: boot scripts look for all. */
export async function connectOthers(
  engine: Engine,
  containerId: string,
  networks: readonly Connection[],
): Promise<void> {
  for (const each of networks.slice(1)) {
    await engine
      .getNetwork(each.network)
      .connect({ Container: containerId, EndpointConfig: endpoint(each) });
  }
}

function endpoint({ address }: Connection): EndpointSettings {
  return address === undefined ? {} : { IPAMConfig: { IPv4Address: address } };
}

/** Whether it starts before the others: all nodes wait for control, which has most to do, and for what configures it. */
export function startsFirst({
  oneShot,
  labels,
}: Pick<PlannedContainer, "oneShot" | "labels">): boolean {
  return oneShot === true || labels[label.kind] === "control";
}
