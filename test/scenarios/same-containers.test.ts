import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Testing } from "cdktf";
import type Dockerode from "dockerode";
import { extract } from "tar-stream";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import { type ImageKey, label, type Plan, type PlannedContainer } from "../../lab/plan/plan.ts";
import { LabContainer } from "../../scenarios/harness/lab-container.ts";
import { startPlan } from "../../scenarios/harness/start-plan.ts";
import { addLab, originLabel } from "../../stacks/lab-stack.ts";
import { homelabPlan, smallPlan } from "../plan/labs.ts";

/** A container, whoever starts it, in the engine's words. */
interface Asked {
  name: unknown;
  hostname: unknown;
  image: unknown;
  entrypoint: unknown;
  command: unknown;
  environment: string[];
  capabilities: { add: string[]; drop: string[] };
  securityOptions: string[];
  processLimit: number | undefined;
  memory: { limit: number | undefined; swap: number | undefined };
  restart: unknown;
  /** Whether it runs to its end. */
  oneShot: boolean;
  devices: { host: string; container: string; permissions: string }[];
  sysctls: unknown;
  cpuShares: unknown;
  mounts: { source: string; target: string; readOnly: boolean }[];
  labels: Record<string, string>;
  files: { path: string; content: string }[];
  networks: { network: string; address: string }[];
}

const imageRef = (key: ImageKey) =>
  `tailnet-lab/${key.program}:${"version" in key ? key.version : "base"}`;

/** No queue: nothing is started. */
const atOnce = {
  toStart: async () => ({ [Symbol.dispose]: () => {} }),
} as unknown as EndpointQueue;

/** What a scenario would ask the engine for. */
class InspectedContainer extends LabContainer {
  private readonly connected: { network: string; address: string }[];
  private readonly oneShot: boolean;

  constructor(planned: PlannedContainer, networks: typeof homelabPlan.networks) {
    const connected: { network: string; address: string }[] = [];
    const engine = {
      getNetwork: (network: string) => ({
        connect: async (options: { EndpointConfig: { IPAMConfig: { IPv4Address: string } } }) =>
          connected.push({ network, address: options.EndpointConfig.IPAMConfig.IPv4Address }),
      }),
    };
    super(engine as unknown as Dockerode, planned, imageRef(planned.image), networks, atOnce);
    this.connected = connected;
    this.oneShot = planned.oneShot === true;
  }

  /** What the archives hold that are unpacked in it. */
  private async files(): Promise<Asked["files"]> {
    const found: Asked["files"] = [];
    for (const { tar, target } of this.archivesToCopy) {
      const entries = extract();
      tar.pipe(entries);
      for await (const entry of entries) {
        expect(entry.header.mode).toBe(0o644);
        const path = `${target}${entry.header.name}`;
        found.push({ path, content: (await buffer(entry)).toString("utf8") });
      }
    }
    return found;
  }

  async asked(): Promise<Asked> {
    await this.containerCreated("the-container");
    const {
      name,
      Hostname,
      Image,
      Entrypoint,
      Cmd,
      Env,
      Labels,
      NetworkingConfig,
      ...moreOptions
    } = this.createOpts;
    const {
      CapAdd,
      CapDrop,
      SecurityOpt,
      PidsLimit,
      Memory,
      MemorySwap,
      RestartPolicy,
      Devices,
      Sysctls,
      CpuShares,
      Mounts,
      NetworkMode,
      ...moreHost
    } = this.hostConfig;
    // What is not compared below is nothing.
    expect({ ...moreOptions, ...moreHost }).toEqual({ AutoRemove: false });
    expect([this.filesToCopy, this.directoriesToCopy, this.contentsToCopy].flat()).toEqual([]);
    expect(this.networkMode).toBe(NetworkMode);
    const first = Object.entries(NetworkingConfig?.EndpointsConfig ?? {}).map(
      ([network, { IPAMConfig }]) => ({ network, address: IPAMConfig?.IPv4Address ?? "" }),
    );
    expect(first.map(({ network }) => network)).toEqual(
      this.networkMode === "none" ? [] : [this.networkMode],
    );
    return {
      name,
      hostname: Hostname,
      image: Image,
      entrypoint: Entrypoint,
      command: Cmd,
      environment: [...(Env ?? [])].sort(),
      capabilities: { add: CapAdd ?? [], drop: CapDrop ?? [] },
      securityOptions: SecurityOpt ?? [],
      processLimit: PidsLimit ?? undefined,
      memory: { limit: mebibytes(Memory), swap: mebibytes(MemorySwap) },
      restart: RestartPolicy?.Name,
      oneShot: this.oneShot,
      devices: (Devices ?? []).map((device: Record<string, string>) => ({
        host: device.PathOnHost ?? "",
        container: device.PathInContainer ?? "",
        permissions: device.CgroupPermissions ?? "",
      })),
      sysctls: Sysctls,
      cpuShares: CpuShares,
      mounts: (Mounts ?? []).map(({ Type, Source, Target, ReadOnly }) => {
        expect(Type).toBe("volume");
        return { source: Source, target: Target, readOnly: ReadOnly ?? false };
      }),
      labels: Labels ?? {},
      files: await this.files(),
      networks: [...first, ...this.connected],
    };
  }
}

function mebibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024 / 1024;
}

const pairs = z.array(z.object({ label: z.string(), value: z.string() }));
const synthesised = z.object({
  resource: z.object({
    docker_image: z.record(
      z.string(),
      z.object({ name: z.string(), keep_locally: z.literal(true) }),
    ),
    docker_volume: z.record(z.string(), z.strictObject({ name: z.string(), labels: pairs })),
    docker_network: z.record(
      z.string(),
      z.strictObject({
        name: z.string(),
        driver: z.string(),
        options: z.record(z.string(), z.string()),
        ipam_config: z.array(z.strictObject({ subnet: z.string() })),
        labels: pairs,
      }),
    ),
    docker_container: z.record(
      z.string(),
      z.strictObject({
        name: z.string(),
        hostname: z.string(),
        image: z.string(),
        entrypoint: z.array(z.string()),
        command: z.array(z.string()).default([]),
        env: z.array(z.string()),
        restart: z.string(),
        must_run: z.boolean(),
        attach: z.boolean().optional(),
        network_mode: z.string().optional(),
        destroy_grace_seconds: z.number(),
        sysctls: z.record(z.string(), z.string()),
        cpu_shares: z.number(),
        memory: z.number().optional(),
        memory_swap: z.number().optional(),
        security_opts: z.array(z.string()),
        capabilities: z.strictObject({ add: z.array(z.string()), drop: z.array(z.string()) }),
        devices: z
          .array(
            z.strictObject({
              host_path: z.string(),
              container_path: z.string(),
              permissions: z.string(),
            }),
          )
          .default([]),
        mounts: z
          .array(
            z.strictObject({
              type: z.literal("volume"),
              source: z.string(),
              target: z.string(),
              read_only: z.boolean(),
            }),
          )
          .default([]),
        labels: pairs,
        upload: z
          .array(
            z.union([
              z.strictObject({ file: z.string(), content: z.string() }),
              z
                .strictObject({ file: z.string(), source: z.literal("/dev/null") })
                .transform(({ file }) => ({ file, content: "" })),
            ]),
          )
          .default([]),
        networks_advanced: z
          .array(z.strictObject({ name: z.string(), ipv4_address: z.string() }))
          .default([]),
      }),
    ),
  }),
});

type Resources = z.output<typeof synthesised>["resource"];

function stackOf(plan: typeof homelabPlan): Resources {
  const json = Testing.synthScope((scope) => addLab(scope, { plan, imageRef, origin: "/o" }));
  return synthesised.parse(withoutMeta(JSON.parse(json))).resource;
}

/** Without CDKTF's own remarks. */
function withoutMeta(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMeta);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "//");
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutMeta(inner)]));
}

/** What Terraform makes of a text: a reference becomes the name of what it refers to. */
function evaluated(text: string, resources: Resources): string {
  const reference =
    /^\$\{(docker_image|docker_volume|docker_network)\.([^.]+)\.(?:image_id|name|id)\}$/;
  const [, type, name = ""] = reference.exec(text) ?? [];
  if (type !== undefined) {
    const found = resources[type as "docker_image" | "docker_volume" | "docker_network"][name];
    if (found === undefined) throw new Error(`${text} refers to nothing`);
    return found.name;
  }
  if (/(?<!\$)\$\{|(?<!%)%\{/.test(text)) throw new Error(`a template is left in ${text}`);
  return text.replaceAll("$${", "${").replaceAll("%%{", "%{");
}

/** What Terraform would ask the engine for. */
function askedByStack(resources: Resources, container: string): Asked {
  const planned = resources.docker_container[`node-${container}`];
  if (planned === undefined) throw new Error(`the stack has no container ${container}`);
  const text = (value: string) => evaluated(value, resources);
  const labels = labelsOf(planned.labels, text);
  const limit = labels[label.processLimit];
  // Terraform neither restarts nor repairs what runs to its end, and it has no network of Docker's own.
  expect(planned.must_run).toBe(planned.attach !== true);
  expect(planned.network_mode).toBe(planned.networks_advanced.length === 0 ? "none" : undefined);
  return {
    name: planned.name,
    hostname: planned.hostname,
    image: text(planned.image),
    entrypoint: planned.entrypoint.map(text),
    command: planned.command.map(text),
    environment: planned.env.map(text).sort(),
    capabilities: planned.capabilities,
    securityOptions: planned.security_opts,
    processLimit: limit === undefined ? undefined : Number(limit),
    memory: { limit: planned.memory, swap: planned.memory_swap },
    restart: planned.restart,
    oneShot: planned.attach === true,
    devices: planned.devices.map((device) => ({
      host: device.host_path,
      container: device.container_path,
      permissions: device.permissions,
    })),
    sysctls: planned.sysctls,
    cpuShares: planned.cpu_shares,
    mounts: planned.mounts.map(({ source, target, read_only }) => ({
      source: text(source),
      target,
      readOnly: read_only,
    })),
    labels,
    files: planned.upload.map(({ file, content }) => ({ path: file, content: text(content) })),
    networks: planned.networks_advanced.map(({ name, ipv4_address }) => ({
      network: text(name),
      address: ipv4_address,
    })),
  };
}

function labelsOf(labels: z.output<typeof pairs>, text = (value: string) => value) {
  return Object.fromEntries(labels.map(({ label, value }) => [label, text(value)]));
}

/** A plan that has all that a plan may say of a container. */
const limitedPlan: Plan = {
  ...smallPlan,
  containers: smallPlan.containers.map((container, index) => ({
    ...container,
    processLimit: 100 + index,
    memoryLimit: 50 + index,
    files: [...container.files, { path: "/lab/empty", content: "" }],
    ...(index === 1 ? { oneShot: true as const, interfaces: [], command: ["/bin/true"] } : {}),
  })),
};

describe.each([
  ["the default lab", homelabPlan],
  ["a lab with double NAT", smallPlan],
  ["a lab with limits, and a container that runs to its end", limitedPlan],
])("of %s", (_, plan) => {
  const resources = stackOf(plan);

  test.each(plan.containers.map((planned) => [planned.name, planned] as const))(
    "stack and scenario start the same %s",
    async (name, planned) => {
      const byScenario = await new InspectedContainer(planned, plan.networks).asked();
      const byStack = askedByStack(resources, name);
      for (const field of Object.keys(byStack) as (keyof Asked)[]) {
        expect(byScenario[field], field).toEqual(byStack[field]);
      }
    },
  );

  test("the stack has no container beside them", () => {
    const names = plan.containers.map(({ name }) => `node-${name}`);
    expect(Object.keys(resources.docker_container).sort()).toEqual(names.sort());
  });

  test("stack and scenario make the same networks and the same volumes", async () => {
    const made: {
      volumes: Dockerode.VolumeCreateOptions[];
      networks: Dockerode.NetworkCreateOptions[];
    } = { volumes: [], networks: [] };
    const engine = {
      createVolume: async (options: Dockerode.VolumeCreateOptions) => made.volumes.push(options),
      createNetwork: async (options: Dockerode.NetworkCreateOptions) => made.networks.push(options),
      getEvents: async () => Readable.from([]),
    } as unknown as Dockerode;
    await startPlan(engine, { ...plan, containers: [] }, imageRef);

    // Which directory brought a lab up is a matter of stacks alone.
    const unplaced = (labels: z.output<typeof pairs>) => {
      const { [originLabel]: origin, ...others } = labelsOf(labels);
      expect(origin).toBe("/o");
      return others;
    };
    const byName = (a: { Name?: string | undefined }, b: { Name?: string | undefined }) =>
      (a.Name ?? "").localeCompare(b.Name ?? "");
    expect(made.volumes.sort(byName)).toEqual(
      Object.values(resources.docker_volume)
        .map(({ name, labels }) => ({ Name: name, Labels: unplaced(labels) }))
        .sort(byName),
    );
    expect(made.networks.sort(byName)).toEqual(
      Object.values(resources.docker_network)
        .map(({ name, driver, options, ipam_config, labels }) => ({
          Name: name,
          CheckDuplicate: true,
          Driver: driver,
          IPAM: {
            Driver: "default",
            Config: ipam_config.map(({ subnet }) => ({ Subnet: subnet })),
          },
          Options: options,
          Labels: unplaced(labels),
        }))
        .sort(byName),
    );
  });
});
