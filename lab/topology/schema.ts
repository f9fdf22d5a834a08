import { z } from "zod";
import { labelPattern, labelRule } from "./label.ts";

/**
 * What a user writes. Strict: an unknown key is a issue, so that a misspelt option is never
 * silently ignored. What one field says of another (networks, addresses, routes) is checked in validate.ts.
 */

const label = z.string().regex(labelPattern, labelRule);
const domain = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/,
    "write a DNS domain such as tailnet.lab",
  );
const version = z.string().regex(/^\d+\.\d+\.\d+$/, "write a full version such as 1.102.5");
const portRange = "write a port from 1 to 65535";
const port = z.int(portRange).min(1, portRange).max(65_535, portRange);
const ipv4 = z.ipv4("write an IPv4 address such as 192.168.1.20");
const ip = z.union([z.ipv4(), z.ipv6()], "write an IPv4 or an IPv6 address");
const cidr = z.union([z.cidrv4(), z.cidrv6()], "write a prefix such as 10.20.0.0/24");
const tag = z.string().regex(/^tag:[a-z][a-z0-9-]*$/, "write a tag such as tag:server");
const user = z
  .string()
  .regex(/^[a-z][a-z0-9._-]*$/, "write the user's name without the @, such as alice");

/** TCP echo: sends back every byte. */
const tcpEcho = z.strictObject({ kind: z.literal("tcp-echo"), port });
/** UDP echo: sends back every datagram. */
const udpEcho = z.strictObject({ kind: z.literal("udp-echo"), port });
/** HTTP: the body of every answer is the caller's address as the service sees it. */
const http = z.strictObject({ kind: z.literal("http"), port });
/** A DNS server, authoritative for `domain`, on port 53. */
const dnsServer = z.strictObject({
  kind: z.literal("dns"),
  domain,
  records: z.record(domain, ip),
});
const service = z.discriminatedUnion("kind", [tcpEcho, udpEcho, http, dnsServer]);

const placed = {
  /** A key of `networks`, or `internet` for a public address on the simulated internet. */
  network: label,
  /** An IPv4 address in the network's LAN; taken from the LAN by name where absent. */
  address: ipv4.optional(),
  services: z.array(service).default([]),
};

/** A machine without Tailscale: a printer, a NAS, a web server. */
const host = z.strictObject({
  kind: z.literal("host"),
  ...placed,
  /** Names the simulated internet's DNS gives this host; public networks only. */
  publicNames: z.array(domain).default([]),
});

/** A machine that runs tailscaled. Exactly one of `user` and `tags` says who it is. */
const tailscaleNode = z.strictObject({
  kind: z.literal("tailscale"),
  ...placed,
  user: user.optional(),
  tags: z.array(tag).min(1, "write at least one tag").optional(),
  advertiseRoutes: z.array(cidr).default([]),
  /** Offers to be an exit node. */
  exitNode: z.boolean().default(false),
  acceptRoutes: z.boolean().default(false),
  /** Take DNS settings from the tailnet. */
  acceptDns: z.boolean().default(true),
  /** The name of the node to use as exit node. */
  useExitNode: label.optional(),
  /** Keep the local network reachable while an exit node is in use. */
  allowLanAccess: z.boolean().default(false),
  /** Masquerade what is forwarded to advertised routes. */
  snatSubnetRoutes: z.boolean().default(true),
  /** Additional environment of tailscaled, such as TS_DEBUG_ALWAYS_USE_DERP. */
  environment: z
    .record(z.string().regex(/^TS_[A-Z0-9_]+$/, "write a name that begins with TS_"), z.string())
    .default({}),
});

const node = z.discriminatedUnion("kind", [tailscaleNode, host]);

const network = z.strictObject({
  /** RFC 4787: `easy` maps endpoint-independently, `hard` address-and-port-dependently; both filter by address and port. */
  nat: z.enum(["none", "easy", "hard"]),
  /** The LAN behind the router. Absent where `nat` is `none`: those nodes have public addresses. */
  lan: z.cidrv4("write an IPv4 prefix such as 192.168.1.0/24").optional(),
  /** The network that this router's WAN is in (double NAT). Default: the internet. */
  upstream: label.optional(),
});

const record = z.strictObject({
  name: domain,
  type: z.enum(["A", "AAAA"]),
  value: ip,
});

const dns = z.strictObject({
  magicDns: z.boolean().default(true),
  /** Global resolvers: addresses, or `internet` for the simulated internet's. */
  nameservers: z
    .array(z.union([z.ipv4(), z.ipv6(), z.literal("internet")], "write an IP address, or internet"))
    .default(["internet"]),
  /** Domain to resolvers: addresses, or names of nodes with a `dns` service. */
  splitDns: z
    .record(
      domain,
      z
        .array(z.union([z.ipv4(), z.ipv6(), label], "write an IP address or a node's name"))
        .min(1, "write at least one resolver"),
    )
    .default({}),
  extraRecords: z.array(record).default([]),
});

const tailnet = z.strictObject({
  /** MagicDNS base domain. */
  domain: domain.default("tailnet.lab"),
  /** A HuJSON file, relative to the topology's file, or the policy itself. Absent: everyone may reach everything. */
  policy: z
    .union(
      [z.string().min(1), z.record(z.string(), z.unknown())],
      "write the path of a HuJSON file, or the policy itself",
    )
    .optional(),
  dns: dns.prefault({}),
});

const relay = z.strictObject({
  /** Shown by netcheck. Default: the region's code. */
  name: z.string().min(1, "write a name, or leave it out").optional(),
});

export const topologySchema = z.strictObject({
  name: label,
  versions: z
    .strictObject({ tailscale: version.optional(), headscale: version.optional() })
    .default({}),
  tailnet: tailnet.prefault({}),
  /** DERP regions by code; each is one relay with STUN. */
  relays: z.record(label, relay).default({ fra: { name: "Frankfurt" }, nyc: { name: "New York" } }),
  networks: z.record(label, network).default({}),
  nodes: z.record(label, node),
});

/** What a user writes: defaults may be left out. */
export type LabDeclaration = z.input<typeof topologySchema>;
/** A declaration that passed the schema, with its defaults filled in. */
export type Topology = z.output<typeof topologySchema>;
export type Network = Topology["networks"][string];
export type TopologyNode = Topology["nodes"][string];
export type TailscaleNode = Extract<TopologyNode, { kind: "tailscale" }>;
export type HostNode = Extract<TopologyNode, { kind: "host" }>;
export type Service = TopologyNode["services"][number];

/** The name by which `network` and `upstream` mean the simulated internet itself. */
export const internet = "internet";
