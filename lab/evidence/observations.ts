import type { Metrics } from "../observe/metrics.ts";
import type { Netcheck } from "../observe/netcheck.ts";
import type { PingResult } from "../observe/ping.ts";
import type { DnsAnswer } from "../observe/resolve.ts";
import type { HeadscaleNode } from "../running/headscale.ts";
import type { TailnetStatus } from "../running/status.ts";
import type { Machine } from "./evidence.ts";
import type { HeadscaleConfig, HeadscaleUser, LogLine } from "./headscale.ts";
import type { Interface, Route, Rule } from "./ip.ts";
import type { Netmap } from "./netmap.ts";
import type { FirewallRules } from "./nftables.ts";
import type { Observation } from "./observation.ts";
import type { Listened } from "./packets.ts";
import type { Connection, ControlProbe, RelayProbe, ResolverProbe } from "./probes.ts";
import type { Question } from "./question.ts";
import type { Published } from "./serve.ts";
import type { Socket } from "./sockets.ts";
import type { DnsStatus, Prefs, TailscaledProcess } from "./tailscaled.ts";

/** What every machine has. */
export interface HostObservations {
  machine: Machine;
  addresses: Observation<Interface[]>;
  routes: Observation<Route[]>;
  rules: Observation<Rule[]>;
  firewall: Observation<FirewallRules>;
  /** By name, as `sysctl -a` prints them. */
  sysctls: Observation<ReadonlyMap<string, string>>;
  /** Packets that reverse path filtering has dropped since the start. */
  reversePathDrops: Observation<number>;
  sockets: Observation<Socket[]>;
  resolvConf: Observation<ResolvConf>;
}

export interface ResolvConf {
  nameservers: string[];
  search: string[];
  /** Whole, for whom it names as its writer. */
  text: string;
}

export interface TailscaleObservations extends HostObservations {
  status: Observation<TailnetStatus>;
  prefs: Observation<Prefs>;
  netmap: Observation<Netmap>;
  dns: Observation<DnsStatus>;
  serve: Observation<Published[]>;
  metrics: Observation<Metrics>;
  netcheck: Observation<Netcheck>;
  process: Observation<TailscaledProcess>;
  controlProbe: Observation<ControlProbe>;
  relayProbes: Observation<RelayProbe[]>;
  resolverProbes: Observation<ResolverProbe[]>;
  connections: Observation<Connection[]>;
}

export interface ControlObservations extends HostObservations {
  nodes: Observation<HeadscaleNode[]>;
  users: Observation<HeadscaleUser[]>;
  /** HuJSON; empty where none was ever set. */
  policy: Observation<string>;
  config: Observation<HeadscaleConfig>;
  log: Observation<LogLine[]>;
}

/** What was tried for a question, from its machine to its target. */
export interface Attempts {
  question: Question;
  /** The address that was tried; null where the target's name gave none. */
  address: string | null;
  /** The machine that has the address, where it is one of those that are looked at. */
  target: string | null;
  /** The name that was asked, where the target is one. */
  name: string | null;
  /** By the system, as programs do: `getent ahosts`. Absent where the target is no name. */
  system?: Observation<string[]>;
  /** At 100.100.100.100. */
  magicDns?: Observation<DnsAnswer>;
  /** `nc -z` for TCP, a datagram by `nc -u` for UDP. Absent without a port. */
  connect?: Observation<ConnectResult>;
  /** `ping`, by the kernel. */
  icmp?: Observation<IcmpResult>;
  /** DF pings by size of the packet in bytes, ascending. */
  sizes?: readonly { bytes: number; result: Observation<IcmpResult> }[];
  /** Absent where the target is no Tailscale node: its subnet router is pinged. */
  disco?: Observation<PingResult>;
  tsmp?: Observation<PingResult>;
  /** Who is pinged by disco and TSMP: the target, or the node that serves the route to it. */
  peer?: string;
  /** Only where the target answers. */
  measured?: Measured;
  /** From the subnet router to the target, where the target runs no Tailscale. */
  fromRouter?: { connect?: Observation<ConnectResult>; icmp?: Observation<IcmpResult> };
  /** Counters and sockets of the machines on the way, read again: what has grown meanwhile was hit by the attempts. */
  after?: ReadonlyMap<string, Counters>;
  /** Only where it failed though the tunnel works, and in a lab that runs. */
  listened?: Listened;
}

export interface Counters {
  firewall: Observation<FirewallRules>;
  reversePathDrops: Observation<number>;
  sockets: Observation<Socket[]>;
}

/** How good the way to a target is. */
export interface Measured {
  /** Small packets far apart, and large ones close together. */
  slow: Observation<PingBurst>;
  fast: Observation<PingBurst>;
  /** More disco pings, where the first were answered by relay and the networks would allow a direct path. */
  disco?: Observation<PingResult>;
}

export interface PingBurst {
  sent: number;
  received: number;
  durationMs: number;
  averageMs: number | null;
  /** As ping prints it. */
  line: string;
}

export type ConnectResult = "connected" | "refused" | "timeout" | "unreachable" | "unresolved";

export interface IcmpResult {
  received: number;
  /** Median of the answers, ms. */
  latencyMs: number | null;
  /** What the system or a router says, such as `message too long, mtu=1280`. */
  error: string | null;
}

/** All that a doctor knows. */
export interface Observations {
  isLive: boolean;
  /** By name; a machine that could not be looked at has all its observations unseen. */
  tailscale: ReadonlyMap<string, TailscaleObservations>;
  hosts: ReadonlyMap<string, HostObservations>;
  /** Undefined where no control server is at hand. */
  control: ControlObservations | undefined;
  /** Undefined without a question. */
  attempts: Attempts | undefined;
}
