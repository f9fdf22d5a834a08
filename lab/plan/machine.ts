import { internet } from "../topology/schema.ts";
import { bootCommand } from "./boot-command.ts";
import { dockerName } from "./docker-name.ts";
import {
  type ImageKey,
  type Labels,
  label,
  type NodeSpec,
  type PlannedContainer,
  type PlannedFile,
  type PlannedInterface,
  type PlannedMount,
} from "./plan.ts";
import { caPath, shared } from "./volumes.ts";

/** Where a machine is. */
export interface Placement {
  /** The lab's name. */
  lab: string;
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
  /** Beside the volume `network`, which all have. One with `tailnet` trusts the lab's CA. */
  mounts?: PlannedMount[];
}

/** What a running lab says of a machine; on the internet and without services unless `rest` says else. */
export function nodeSpec(
  kind: NodeSpec["kind"],
  { name, interfaces }: Placement,
  rest: Partial<NodeSpec> = {},
): NodeSpec {
  const addresses = interfaces.flatMap((each) => each.addresses.map(withoutLength));
  return { name, kind, network: internet, addresses, services: [], ...rest };
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

/** Processes and threads of one machine; a matrix of probes from one node takes some hundred. */
const processLimit = 2048;

/** The container of a machine, in a lab with these labels. */
export function planContainer(lab: string, labels: Labels, machine: Machine): PlannedContainer {
  const { spec, image, interfaces, files = [], mounts = [], environment = {} } = machine;
  const forwarding = machine.forwards ? "1" : "0";
  const all = [shared(lab, "network", true), ...mounts];
  const trusts = all.some(({ path }) => caPath.startsWith(`${path}/`));
  return {
    name: spec.name,
    dockerName: dockerName(lab, spec.name),
    image,
    interfaces,
    files,
    command: bootCommand(machine.boot),
    environment: { ...(trusts ? { SSL_CERT_FILE: caPath } : {}), ...environment },
    capabilities,
    securityOptions: ["no-new-privileges"],
    processLimit,
    devices: machine.tun ? ["/dev/net/tun"] : [],
    sysctls: {
      "net.ipv4.ip_forward": forwarding,
      "net.ipv6.conf.all.disable_ipv6": "0",
      "net.ipv6.conf.all.forwarding": forwarding,
    },
    // A node that Headscale can't serve within 50 ms, as happens in a crowd that starts, is cut off for ten seconds.
    cpuShares: spec.kind === "control" ? 262_144 : 1024,
    mounts: all,
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
