import type { Allocation } from "./allocation.ts";

/**
 * What runs. A plan is JSON, the same for a stack and for a scenario: networks, volumes, containers, their
 * simulated addresses, files and commands.
 */
export interface Plan {
  schema: 1;
  lab: string;
  /** Who started the lab: `stack`, or the id of a scenario's run. */
  run: string;
  tailnet: { domain: string; controlUrl: string };
  /** Hold what survives a container, and what containers tell each other. */
  volumes: PlannedVolume[];
  networks: PlannedNetwork[];
  containers: PlannedContainer[];
  /** Who has which number; given to the next plan of the same lab. */
  allocation: Allocation;
}

export interface PlannedVolume {
  /** The name in the plan: `tailnet`, `state-laptop`. */
  name: string;
  dockerName: string;
  labels: Labels;
}

export interface PlannedMount {
  /** The engine's name of the volume. */
  volume: string;
  path: string;
  readOnly: boolean;
}

export interface PlannedNetwork {
  /** `internet`, or the topology's name of a network with a LAN. */
  name: string;
  dockerName: string;
  /** Docker's own pool, seen only until a container's boot script sets the simulated addresses. */
  dockerSubnet: string;
  labels: Labels;
  /** Options of the bridge driver. */
  driverOptions: Record<string, string>;
}

export type NodeKind = "control" | "relay" | "dns" | "router" | "tailscale" | "host";

export interface PlannedContainer {
  /** The node's name, unique in the lab. */
  name: string;
  dockerName: string;
  image: ImageKey;
  /** None: the container has no network at all. */
  interfaces: PlannedInterface[];
  /** Put into the container before its start. */
  files: PlannedFile[];
  command: string[];
  /** Runs to its end, with exit code 0, and stays as it is. Absent: a machine, which goes on. */
  oneShot?: true;
  environment: Record<string, string>;
  /** All others are dropped. In full: CAP_NET_ADMIN. */
  capabilities: string[];
  /** Options of `docker run --security-opt`. */
  securityOptions: string[];
  /** The most processes and threads that it may have at once. */
  processLimit?: number;
  /** The most memory that it may take, in MiB; without it, all that the machine has. */
  memoryLimit?: number;
  devices: string[];
  sysctls: Record<string, string>;
  /** Its weight where processor time is short; Docker's default is 1024. */
  cpuShares: number;
  mounts: PlannedMount[];
  labels: Labels;
}

/** What is built or pulled: the program's name and version. `base` serves routers, DNS and hosts. */
export type ImageKey =
  | { program: "base" }
  | { program: "headscale" | "tailscale" | "derper"; version: string };

export interface PlannedInterface {
  /** A name in `Plan.networks`. */
  network: string;
  /** The interface's name inside the container. */
  device: "inet" | "wan" | "lan";
  dockerAddress: string;
  /** Of the interface; from Docker's address. */
  hardwareAddress: string;
  /** Simulated addresses with prefix length. */
  addresses: string[];
}

export interface PlannedFile {
  path: string;
  content: string;
}

/** Labels of everything we make; `tailnet-lab.spec` of a container is a NodeSpec as JSON. */
export type Labels = Record<string, string>;

/** What a running lab says of a node, readable from its container's label alone. */
export interface NodeSpec {
  name: string;
  kind: NodeKind;
  /** The topology's network, or `internet`. */
  network: string;
  /** Of the network's router. A running lab knows it by the router, a machine in the network does not say it. */
  nat?: "none" | "easy" | "hard";
  /** Simulated addresses without prefix length; of a router, those of its WAN first. */
  addresses: string[];
  services: ServiceSpec[];
  tailnet?: { hostname: string; user?: string; tags: string[]; domain: string };
  /** The DERP region's code, for relays. */
  region?: string;
}

export interface ServiceSpec {
  kind: "tcp-echo" | "udp-echo" | "http" | "dns";
  port: number;
  /** Published by `tailscale serve`: it listens on loopback. */
  tailnetOnly?: true;
}

/** Label keys, and the line by which a container's log says that it is up. */
export const label = {
  lab: "tailnet-lab.lab",
  node: "tailnet-lab.node",
  kind: "tailnet-lab.kind",
  run: "tailnet-lab.run",
  spec: "tailnet-lab.spec",
  /** The version of the settings that a container publishes. */
  settings: "tailnet-lab.settings",
  /** The most processes that a container may have: the registry's provider has no attribute for it. */
  processLimit: "tailnet-lab.process-limit",
} as const;

/** The kind of a container that looks at a lab while a command waits for it; no part of the lab. */
export const observerKind = "observer";

/** A boot script's last word on its standard output. */
export const readyLine = "tailnet-lab: ready";
/** Begins the line by which a boot script says why it gave up. */
export const failedPrefix = "tailnet-lab: failed: ";
