import { z } from "zod";

/** What a node's tailscaled says of itself and its peers: `tailscale status --json`. */
export interface TailnetStatus {
  /** Running, NeedsLogin, Stopped, Starting, NoState. */
  backendState: string;
  /** Absent until the node has logged in once. */
  self: PeerStatus | undefined;
  /** By name. */
  peers: PeerStatus[];
  /** Health warnings, as tailscaled words them. */
  health: string[];
  /** MagicDNS domain of the tailnet. */
  domain: string;
  /** Login name of the node's user; empty for one with tags. */
  user: string;
  /** Whether it has a tunnel device; false with userspace networking. */
  tun: boolean;
}

export interface PeerStatus {
  /** In a lab what it calls itself; where it is one of the machines that are looked at, that one's. */
  name: string;
  /** What it calls itself. */
  hostname: string;
  /** Its MagicDNS name; not made from `name` where that was taken. */
  dnsName: string;
  addresses: string[];
  tags: string[];
  online: boolean;
  /** The home DERP region's code; empty where it has none yet. */
  homeRelay: string;
  /** Address and port of the direct path that the next packet takes; empty where it takes none. */
  directTo: string;
  /** Address, port and VNI of a peer relay in use; empty otherwise. */
  peerRelay: string;
  /** Subnet routes that go through it, and whether it is, or could be, the exit node. */
  routes: string[];
  exitNode: boolean;
  exitNodeOption: boolean;
  /** Whether something was sent to it in the last 45 s, disco packets aside. */
  active: boolean;
  rxBytes: number;
  txBytes: number;
  /** RFC 3339; absent where the key does not expire. */
  keyExpiry: string | undefined;
  isExpired: boolean;
  publicKey: string;
  userId: number;
}

/** The path that the next packet to a peer takes; undefined where there was no traffic for 45 s. */
export function pathInUse({
  directTo,
  peerRelay,
  homeRelay,
  active,
}: PeerStatus): { path: "direct" | "peer-relay" | "derp"; via: string } | undefined {
  if (directTo !== "") return { path: "direct", via: directTo };
  if (peerRelay !== "") return { path: "peer-relay", via: peerRelay };
  return active ? { path: "derp", via: homeRelay } : undefined;
}

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const peer = z
  .looseObject({
    HostName: z.string(),
    DNSName: z.string(),
    TailscaleIPs: list,
    Tags: list,
    Online: z.boolean(),
    Relay: z.string().default(""),
    CurAddr: z.string().default(""),
    PeerRelay: z.string().default(""),
    PrimaryRoutes: list,
    ExitNode: z.boolean().default(false),
    ExitNodeOption: z.boolean().default(false),
    Active: z.boolean().default(false),
    RxBytes: z.number().default(0),
    TxBytes: z.number().default(0),
    KeyExpiry: z.string().optional(),
    Expired: z.boolean().default(false),
    PublicKey: z.string().default(""),
    UserID: z.number().default(0),
  })
  .transform(
    (p): PeerStatus => ({
      name: p.HostName,
      hostname: p.HostName,
      dnsName: p.DNSName.replace(/\.$/, ""),
      addresses: p.TailscaleIPs,
      tags: p.Tags,
      online: p.Online,
      homeRelay: p.Relay,
      directTo: p.CurAddr,
      peerRelay: p.PeerRelay,
      routes: p.PrimaryRoutes,
      exitNode: p.ExitNode,
      exitNodeOption: p.ExitNodeOption,
      active: p.Active,
      rxBytes: p.RxBytes,
      txBytes: p.TxBytes,
      keyExpiry: p.KeyExpiry,
      isExpired: p.Expired,
      publicKey: p.PublicKey,
      userId: p.UserID,
    }),
  );
const statusSchema = z.looseObject({
  BackendState: z.string(),
  Self: peer.nullish(),
  Peer: z.record(z.string(), peer).nullish(),
  Health: list,
  MagicDNSSuffix: z.string().default(""),
  TUN: z.boolean().default(true),
  User: z.record(z.string(), z.looseObject({ LoginName: z.string().default("") })).nullish(),
});

/** The one reader of `tailscale status --json`, and of the LocalAPI's `/localapi/v0/status`, which is the same. */
export function parseStatus(text: string): TailnetStatus {
  const status = statusSchema.parse(JSON.parse(text));
  return {
    backendState: status.BackendState,
    self: status.Self ?? undefined,
    peers: Object.values(status.Peer ?? {}).sort((a, b) => (a.name < b.name ? -1 : 1)),
    health: status.Health,
    domain: status.MagicDNSSuffix,
    user: isTagged(status.Self)
      ? ""
      : (status.User?.[String(status.Self?.userId)]?.LoginName ?? ""),
    tun: status.TUN,
  };
}

function isTagged(self: PeerStatus | null | undefined): boolean {
  return (self?.tags.length ?? 0) > 0;
}
