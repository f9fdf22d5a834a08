import { internet, type Topology } from "../topology/schema.ts";
import { bootCommand } from "./boot.ts";
import {
  type ImageKey,
  type Labels,
  label,
  type NodeSpec,
  type PlannedContainer,
  type PlannedFile,
  type PlannedInterface,
} from "./plan.ts";
import { onVolume, volumePath } from "./volume.ts";

/** Where a machine is. */
export interface Placement {
  name: string;
  interfaces: PlannedInterface[];
  /** IPv4 address of the default router; absent on the internet's own segment. */
  gateway?: string | undefined;
}

/** A machine of the lab, as its kind makes it: what sets its container apart from the others. */
export interface Machine {
  spec: NodeSpec;
  image: ImageKey;
  interfaces: PlannedInterface[];
  /** Its boot script. */
  boot: string;
  /** What is no boot script. */
  files?: PlannedFile[];
  environment?: Record<string, string>;
  /** Passes packets on between its interfaces, or from the tailnet. */
  forwards?: boolean;
  /** Makes a tunnel device. */
  tun?: boolean;
  /** What it may do with the tailnet's volume; without it, it has none. */
  volume?: "read" | "write";
}

/** What a running lab says of a machine; on the internet and without services unless `rest` says else. */
export function nodeSpec(
  kind: NodeSpec["kind"],
  { name, interfaces }: Placement,
  rest: Partial<NodeSpec> = {},
): NodeSpec {
  const addresses = interfaces.flatMap((each) => each.addresses.map(withoutLength));
  return { name, kind, network: internet, nat: "none", addresses, services: [], ...rest };
}

/** What a running lab says of where a declared node is. */
export function placeOf(topology: Topology, network: string): Pick<NodeSpec, "network" | "nat"> {
  return { network, nat: topology.networks[network]?.nat ?? "none" };
}

/** Docker's name of a lab's thing. A dot, which no name has: lab a-b's c is not lab a's b-c. */
export function dockerName(lab: string, part: string): string {
  return `tailnet-lab-${lab}.${part}`;
}

/** Docker's name of the volume that holds the tailnet. */
export function volumeName(lab: string): string {
  return dockerName(lab, "tailnet");
}

/**
 * What a machine may do beside what any program may: set its network up and send raw packets, serve ports
 * under 1024, and let its servers become the users that they run as.
 */
const capabilities = [
  "CAP_CHOWN",
  "CAP_NET_ADMIN",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
];

/** The container of a machine, in a lab with these labels. */
export function planContainer(lab: string, labels: Labels, machine: Machine): PlannedContainer {
  const { spec, image, interfaces, files = [], volume, environment = {} } = machine;
  const forwarding = machine.forwards ? "1" : "0";
  return {
    name: spec.name,
    dockerName: dockerName(lab, spec.name),
    image,
    interfaces,
    files,
    command: bootCommand(machine.boot),
    environment: {
      ...(volume === undefined ? {} : { SSL_CERT_FILE: onVolume.ca }),
      ...environment,
    },
    capabilities,
    securityOptions: ["no-new-privileges"],
    devices: machine.tun ? ["/dev/net/tun"] : [],
    sysctls: {
      "net.ipv4.ip_forward": forwarding,
      "net.ipv6.conf.all.disable_ipv6": "0",
      "net.ipv6.conf.all.forwarding": forwarding,
    },
    // A node that Headscale can't serve within 50 ms, as happens in a crowd that starts, is cut off for ten seconds.
    cpuShares: spec.kind === "control" ? 262_144 : 1024,
    mounts:
      volume === undefined
        ? []
        : [{ volume: volumeName(lab), path: volumePath, readOnly: volume === "read" }],
    labels: {
      ...labels,
      [label.node]: spec.name,
      [label.kind]: spec.kind,
      [label.spec]: JSON.stringify(spec),
    },
  };
}

function withoutLength(address: string): string {
  return address.split("/")[0] ?? address;
}
