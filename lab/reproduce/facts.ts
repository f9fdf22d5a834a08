/** A value, and where it was seen: `debug prefs on laptop`. */
export interface Seen<T> {
  value: T;
  from: string;
}

/** What evidence says of a tailnet, before any of it becomes a topology. Absent: it was not seen. */
export interface TailnetFacts {
  nodes: NodeFacts[];
  hosts: HostFacts[];
  domain?: Seen<string>;
  magicDns?: Seen<boolean>;
  nameservers?: Seen<string[]>;
  splitDns?: Seen<Record<string, string[]>>;
  extraRecords?: Seen<{ name: string; type: string; value: string }[]>;
  /** Of the DERP map. */
  relays?: Seen<{ code: string; name: string }[]>;
  policy?: Seen<string>;
  outages: Outages;
  /** Evidence that could not be read, in words. */
  unread: string[];
  /** Nodes that are nobody's of the tailnet, in words. */
  aside?: string[];
}

/** What did not answer, as nodes and control itself tell. */
export interface Outages {
  /** Headscale, for everybody. */
  control?: Seen<true>;
  /** Resolvers that were told to nodes and answer none of them, by address. */
  resolvers: Seen<string>[];
  /** A resolver for all names that asks MagicDNS again, by address. */
  loop?: Seen<string>;
  /** Regions that no node reaches. */
  relays: Seen<RelayOutage>[];
}

export interface RelayOutage {
  region: string;
  how: "silent" | "no-tcp" | "certificate-expired" | "certificate-not-yet-valid";
}

/** A machine with Tailscale: one that was captured, or one that others know. */
export interface NodeFacts {
  /** Its name in MagicDNS. */
  name: string;
  /** What it calls itself, where that is another name. */
  hostname?: string;
  /** What it calls itself, where control has made its name of that. */
  namedAfter?: string;
  /** The domain of the tailnet that shares it. */
  sharedFrom?: string;
  isCaptured: boolean;
  user?: Seen<string>;
  tags?: Seen<string[]>;
  tailnetAddresses: string[];
  /** As STUN servers see it, or as its endpoints say. */
  publicAddresses?: Seen<string[]>;
  /** Of the interface that its packets to the internet leave by. */
  lan?: Seen<{ address: string; length: number }>;
  udp?: Seen<boolean>;
  /** Neither a relay nor control answered it, in no way. */
  isCutOff?: Seen<true>;
  /** Of the way to the relays: `bytes` absent where larger packets are lost and nobody says so; null: whole packets pass. */
  smallMtu?: Seen<{ bytes?: number } | null>;
  mappingVaries?: Seen<boolean>;
  /** An address of the internet by IPv6, past any NAT. */
  hasIpv6?: Seen<boolean>;
  /** Protocols by which its router maps ports for it. */
  portMapping?: Seen<string[]>;
  homeRelay?: Seen<string>;
  acceptRoutes?: Seen<boolean>;
  acceptDns?: Seen<boolean>;
  advertised?: Seen<string[]>;
  approved?: Seen<string[]>;
  /** The name, address or id of the exit node that it uses. */
  exitNode?: Seen<string>;
  allowLanAccess?: Seen<boolean>;
  snat?: Seen<boolean>;
  listening?: Seen<Listening[]>;
  /** Of 127.0.0.1 or ::1 alone, and behind no `tailscale serve`. */
  loopback?: Seen<Listening[]>;
  /** By `tailscale serve`. */
  published?: Seen<PublishedPort[]>;
  /** What its own firewall drops of what listens. */
  blocked?: Seen<Listening[]>;
  /** Control did not answer it, and answers others. */
  isWithoutControl?: Seen<true>;
  /** Regions that it does not reach and others do. */
  relaysOut?: Seen<RelayOutage[]>;
  /** An address in the tailnet of the machine whose state it has a copy of. */
  clonedFrom?: Seen<string>;
  /** A LAN of its own within the tailnet's range. */
  sharedLan?: Seen<string>;
  down?: Seen<DownState>;
  /** What is wrong with it, as far as a lab has the same for a fault. */
  faults?: Seen<OwnFault>[];
}

/** A machine without Tailscale. */
export interface HostFacts {
  name: string;
  down?: Seen<DownState>;
  lan?: Seen<{ address: string; length: number }>;
  listening?: Seen<Listening[]>;
}

/** The machine was shut down, or stood still, when the evidence was taken. */
export type DownState = "stop" | "pause";

export interface PublishedPort {
  port: number;
  isHttp: boolean;
  /** Nothing listened behind it. */
  isMissing: boolean;
}

export interface Listening {
  protocol: "tcp" | "udp";
  port: number;
}

export type OwnFault =
  | "ip-forwarding-off"
  | "key-expired"
  | "logged-out"
  | "resolv-conf-overwritten"
  | "rp-filter"
  | "shields-up"
  | "tailscale-stopped"
  | "userspace-networking";
