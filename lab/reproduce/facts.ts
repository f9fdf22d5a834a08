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
  /** Evidence that could not be read, in words. */
  unread: string[];
  /** Nodes that are nobody's of the tailnet, in words. */
  aside?: string[];
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
  /** Of 127.0.0.1 or ::1 alone. */
  loopback?: Seen<Listening[]>;
  /** What its own firewall drops of what listens. */
  blocked?: Seen<Listening[]>;
  /** What is wrong with it, as far as a lab has the same for a fault. */
  faults?: Seen<OwnFault>[];
}

/** A machine without Tailscale. */
export interface HostFacts {
  name: string;
  lan?: Seen<{ address: string; length: number }>;
  listening?: Seen<Listening[]>;
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
