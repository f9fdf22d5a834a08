import { Container, type ContainerUpload } from "@cdktf/provider-docker/lib/container/index.js";
import { Image } from "@cdktf/provider-docker/lib/image/index.js";
import { Network } from "@cdktf/provider-docker/lib/network/index.js";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { Volume } from "@cdktf/provider-docker/lib/volume/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { labelsOf } from "../lab/engine/create-container.ts";
import type { ImageKey, Labels, Plan, PlannedContainer, PlannedFile } from "../lab/plan/plan.ts";
import { originLabel } from "./origin.ts";

/**
 * Seconds that a container gets to end by itself before it is killed. What it must not lose is on
 * the lab's volumes and written in transactions, so a short time does.
 */
const graceSeconds = 1;

/** On every machine that runs Terraform for a Docker Engine of Linux, but for Windows. */
const emptyFile = "/dev/null";

export interface LabStackOptions {
  plan: Plan;
  imageRef: (key: ImageKey) => string;
  /** The absolute path of the directory that holds the stack's state. */
  origin: string;
  /** Machines that may stand still: they are started once, and then left as they are. */
  still?: readonly string[];
}

/**
 * A plan as kreuzwerker/docker resources. They depend on each other by reference only, so that
 * all containers start at once as soon as their networks are there.
 */
export class LabStack extends TerraformStack {
  constructor(scope: Construct, options: LabStackOptions) {
    super(scope, options.plan.lab);
    // Terraform's default, a local terraform.tfstate, is the one backend that needs no init.
    this.addOverride("terraform.backend", undefined);
    new DockerProvider(this, "docker", {});
    addLab(this, options);
  }
}

/** The resources alone, to be put into any scope. */
export function addLab(
  scope: Construct,
  { plan, imageRef, origin, still = [] }: LabStackOptions,
): void {
  const originated = (labels: Labels) => toLabels({ ...labels, [originLabel]: origin });
  const volumes = new Map(
    plan.volumes.map(({ name, dockerName, labels }) => [
      dockerName,
      new Volume(scope, `volume-${name}`, { name: dockerName, labels: originated(labels) }),
    ]),
  );
  const networks = new Map(
    plan.networks.map((network) => [
      network.name,
      new Network(scope, `network-${network.name}`, {
        name: network.dockerName,
        driver: "bridge",
        options: literals(network.driverOptions),
        ipamConfig: [{ subnet: network.dockerSubnet }],
        labels: originated(network.labels),
      }),
    ]),
  );
  const images = new Map<string, Image>();
  for (const { image } of plan.containers) {
    const name = imageRef(image);
    if (images.has(name)) continue;
    images.set(name, new Image(scope, imageId(image), { name, keepLocally: true }));
  }

  for (const container of plan.containers) {
    const image = images.get(imageRef(container.image));
    if (image === undefined) throw new Error(`No image for ${container.name}`);
    new Container(scope, `node-${container.name}`, {
      name: container.dockerName,
      hostname: container.name,
      image: image.imageId,
      ...program(container),
      env: Object.entries(container.environment).map(([key, value]) => literal(`${key}=${value}`)),
      // A node that dies stays dead and visible: a lab shows faults, it does not hide them.
      restart: "no",
      ...(container.oneShot === true
        ? { mustRun: false, attach: true }
        : { mustRun: !still.includes(container.name) }),
      ...(container.interfaces.length === 0 ? { networkMode: "none" } : {}),
      destroyGraceSeconds: graceSeconds,
      sysctls: literals(container.sysctls),
      cpuShares: container.cpuShares,
      ...memory(container),
      capabilities: { add: container.capabilities, drop: ["ALL"] },
      securityOpts: container.securityOptions,
      devices: container.devices.map((path) => ({
        hostPath: path,
        containerPath: path,
        permissions: "rwm",
      })),
      mounts: container.mounts.map(({ volume, path, readOnly }) => ({
        type: "volume",
        source: nameOf(volumes, volume),
        target: path,
        readOnly,
      })),
      // The id, not the name: the registry's provider reads the id back.
      networksAdvanced: container.interfaces.map(({ network, dockerAddress }) => ({
        name: idOf(networks, network),
        ipv4Address: dockerAddress,
      })),
      upload: container.files.map(upload),
      labels: toLabels(labelsOf(container)),
    });
  }
}

/** A resource's name has no dots; CDKTF would leave them out, and 1.10.25 be 1.102.5. */
function imageId(image: ImageKey): string {
  if (image.program === "base") return "image-base";
  return `image-${image.program}-${image.version.replaceAll(".", "-")}`;
}

/** The command replaces the image's own entry point, whatever that is. */
function program({ command }: PlannedContainer): { entrypoint: string[]; command?: string[] } {
  const [first, ...others] = command.map(literal);
  if (first === undefined) throw new Error("A container needs a command");
  return others.length === 0 ? { entrypoint: [first] } : { entrypoint: [first], command: others };
}

/** Without the second one, the registry's provider reads Docker's own back, and changes it on every plan. */
function memory({ memoryLimit }: PlannedContainer): { memory?: number; memorySwap?: number } {
  return memoryLimit === undefined ? {} : { memory: memoryLimit, memorySwap: memoryLimit };
}

/** The registry's provider takes empty content for none. */
function upload({ path, content }: PlannedFile): ContainerUpload {
  if (content === "") return { file: path, source: emptyFile };
  return { file: path, content: literal(content) };
}

function nameOf(volumes: ReadonlyMap<string, Volume>, dockerName: string): string {
  const volume = volumes.get(dockerName);
  if (volume === undefined) throw new Error(`The plan has no volume ${dockerName}`);
  return volume.name;
}

function idOf(networks: ReadonlyMap<string, Network>, name: string): string {
  const network = networks.get(name);
  if (network === undefined) throw new Error(`The plan has no network ${name}`);
  return network.id;
}

function toLabels(labels: Labels): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value: literal(value) }));
}

function literals(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, literal(value)]));
}

/** Terraform takes `${` and `%{` for the beginning of a template; a shell script has many. */
function literal(text: string): string {
  return text.replaceAll(/[$%](?=\{)/g, "$&$&");
}
