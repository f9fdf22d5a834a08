import { z } from "zod";

/** What control has told a node: `tailscale debug netmap`. */
export interface Netmap {
  /** What may come in, as tailscaled enforces it. */
  packetFilter: FilterRule[];
  peers: NetmapPeer[];
  self: NetmapPeer | undefined;
  nodeKey: string;
  dns: {
    /** Whether 100.100.100.100 answers for the tailnet's names (MagicDNS). */
    isMagic: boolean;
    domains: string[];
    resolvers: string[];
    /** Split DNS: servers by domain; reverse zones and domains without servers left out. */
    routes: Record<string, string[]>;
    extraRecords: { name: string; value: string }[];
  };
  /** DERP regions as the node knows them. */
  relays: NetmapRelay[];
}

export interface FilterRule {
  /** Prefixes; `*` is 0.0.0.0/0 and ::/0. */
  sources: string[];
  destinations: { prefix: string; firstPort: number; lastPort: number }[];
  /** IP protocol numbers: 6 TCP, 17 UDP, 1 and 58 ICMP. */
  protocols: number[];
}

export interface NetmapPeer {
  /** What it calls itself. */
  hostname: string;
  dnsName: string;
  addresses: string[];
  /** With subnet routes that it serves, as control has approved them. */
  allowedIps: string[];
  /** What it advertises itself. */
  routableIps: string[];
  endpoints: string[];
  /** Region's id; 0 where it has none. */
  homeRelay: number;
  online: boolean | undefined;
  tags: string[];
  key: string;
  discoKey: string;
  /** RFC 3339; undefined where its key does not expire. */
  keyExpiry: string | undefined;
  /** Of its network, as it told control. */
  netInfo: {
    mappingVaries: boolean | undefined;
    udp: boolean | undefined;
    preferredRelay: number;
    relayLatencyMs: Record<number, number>;
  };
}

export interface NetmapRelay {
  id: number;
  code: string;
  name: string;
  hosts: {
    hostname: string;
    ipv4: string;
    ipv6: string;
    port: number;
    stunPort: number;
    /** It relays nothing. */
    isStunOnly: boolean;
  }[];
}

const strings = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const resolver = z.looseObject({ Addr: z.string() }).transform(({ Addr }) => Addr);
const resolvers = z
  .array(resolver)
  .nullish()
  .transform((value) => value ?? []);

const peerSchema = z
  .looseObject({
    Name: z.string().default(""),
    Addresses: strings,
    AllowedIPs: strings,
    Endpoints: strings,
    HomeDERP: z.number().default(0),
    /** As `127.3.3.40:REGION`, before 1.78. */
    DERP: z.string().default(""),
    Online: z.boolean().nullish(),
    Tags: strings,
    Key: z.string().default(""),
    DiscoKey: z.string().default(""),
    KeyExpiry: z.string().nullish(),
    Hostinfo: z
      .looseObject({
        Hostname: z.string().default(""),
        RoutableIPs: strings,
        NetInfo: z
          .looseObject({
            MappingVariesByDestIP: z.boolean().nullish().catch(undefined),
            WorkingUDP: z.boolean().nullish().catch(undefined),
            PreferredDERP: z.number().default(0),
            DERPLatency: z.record(z.string(), z.number()).nullish().catch(undefined),
          })
          .nullish(),
      })
      .nullish(),
  })
  .transform(
    (peer): NetmapPeer => ({
      hostname: peer.Hostinfo?.Hostname ?? "",
      dnsName: peer.Name.replace(/\.$/, ""),
      addresses: peer.Addresses.map((prefix) => prefix.replace(/\/\d+$/, "")),
      allowedIps: peer.AllowedIPs,
      routableIps: peer.Hostinfo?.RoutableIPs ?? [],
      endpoints: peer.Endpoints,
      homeRelay: peer.HomeDERP || Number(peer.DERP.split(":")[1] ?? 0),
      online: peer.Online ?? undefined,
      tags: peer.Tags,
      key: peer.Key,
      discoKey: peer.DiscoKey,
      keyExpiry: peer.KeyExpiry ?? undefined,
      netInfo: {
        mappingVaries: peer.Hostinfo?.NetInfo?.MappingVariesByDestIP ?? undefined,
        udp: peer.Hostinfo?.NetInfo?.WorkingUDP ?? undefined,
        preferredRelay: peer.Hostinfo?.NetInfo?.PreferredDERP ?? 0,
        relayLatencyMs: latencies(peer.Hostinfo?.NetInfo?.DERPLatency ?? {}),
      },
    }),
  );

/** Seconds by region and family, as `917-v4`: the shorter one, by region. */
function latencies(seconds: Record<string, number>): Record<number, number> {
  const shortest: Record<number, number> = {};
  for (const [key, value] of Object.entries(seconds)) {
    const region = Number.parseInt(key, 10);
    shortest[region] = Math.min(shortest[region] ?? Number.POSITIVE_INFINITY, value * 1000);
  }
  return shortest;
}

const filterSchema = z
  .looseObject({
    Srcs: strings,
    Dsts: z
      .array(
        z.looseObject({
          Net: z.string(),
          Ports: z.looseObject({ First: z.number(), Last: z.number() }),
        }),
      )
      .nullish(),
    IPProto: z.array(z.number()).nullish(),
  })
  .transform(
    (rule): FilterRule => ({
      sources: rule.Srcs,
      destinations: (rule.Dsts ?? []).map(({ Net, Ports }) => ({
        prefix: Net,
        firstPort: Ports.First,
        lastPort: Ports.Last,
      })),
      protocols: rule.IPProto ?? [],
    }),
  );

const netmapSchema = z.looseObject({
  NodeKey: z.string().default(""),
  PacketFilter: z.array(filterSchema).nullish(),
  Peers: z.array(peerSchema).nullish(),
  SelfNode: peerSchema.nullish(),
  DNS: z
    .looseObject({
      Proxied: z.boolean().default(false),
      Domains: strings,
      Resolvers: resolvers,
      Routes: z.record(z.string(), resolvers).nullish(),
      ExtraRecords: z.array(z.looseObject({ Name: z.string(), Value: z.string() })).nullish(),
    })
    .nullish(),
  DERPMap: z
    .looseObject({
      Regions: z
        .record(
          z.string(),
          z.looseObject({
            RegionID: z.number(),
            RegionCode: z.string().default(""),
            RegionName: z.string().default(""),
            Nodes: z
              .array(
                z.looseObject({
                  HostName: z.string(),
                  IPv4: z.string().default(""),
                  IPv6: z.string().default(""),
                  DERPPort: z.number().default(443),
                  STUNPort: z.number().default(3478),
                  STUNOnly: z.boolean().default(false),
                }),
              )
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

export function parseNetmap(text: string): Netmap {
  const netmap = netmapSchema.parse(JSON.parse(text));
  const { DNS, DERPMap } = netmap;
  const routes = Object.entries(DNS?.Routes ?? {}).filter(([, servers]) => servers.length > 0);
  return {
    packetFilter: netmap.PacketFilter ?? [],
    peers: netmap.Peers ?? [],
    self: netmap.SelfNode ?? undefined,
    nodeKey: netmap.NodeKey,
    dns: {
      isMagic: DNS?.Proxied ?? false,
      domains: DNS?.Domains ?? [],
      resolvers: DNS?.Resolvers ?? [],
      routes: Object.fromEntries(routes),
      extraRecords: (DNS?.ExtraRecords ?? []).map(({ Name, Value }) => ({
        name: Name.replace(/\.$/, ""),
        value: Value,
      })),
    },
    relays: Object.values(DERPMap?.Regions ?? {}).map((region) => ({
      id: region.RegionID,
      code: region.RegionCode,
      name: region.RegionName,
      hosts: (region.Nodes ?? []).map((node) => ({
        hostname: node.HostName,
        ipv4: node.IPv4,
        ipv6: node.IPv6,
        port: node.DERPPort,
        stunPort: node.STUNPort,
        isStunOnly: node.STUNOnly,
      })),
    })),
  };
}
