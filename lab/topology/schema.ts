import { z } from "zod";
import { domainPattern, resolvedDomainPattern } from "./domain.ts";
import { faultSchema } from "./faults.ts";
import { labelPattern, labelRule } from "./label.ts";

/**
 * What a user writes. Strict: an unknown key is an issue, so that a misspelt option is never
 * silently ignored. The descriptions are what `tailnet-lab schema` and editors show. What one field says of another (networks, addresses, routes) is checked in validate.ts.
 */

const label = z.string().regex(labelPattern, labelRule);
const domain = z.string().regex(domainPattern, "write a DNS domain such as tailnet.lab");
/** Of one label too, as many networks at home have it. */
const resolvedDomain = z
  .string()
  .regex(resolvedDomainPattern, "write a DNS domain such as corp.internal or lan");
const version = z.string().regex(/^\d+\.\d+\.\d+$/, "write a full version such as 1.102.5");
const portRange = "write a port from 1 to 65535";
const port = z
  .int(portRange)
  .min(1, portRange)
  .max(65_535, portRange)
  .describe("The port that it listens on.");
const ipv4 = z.ipv4("write an IPv4 address such as 192.168.1.20");
const ip = z.union([z.ipv4(), z.ipv6()], "write an IPv4 or an IPv6 address");
const cidr = z.union([z.cidrv4(), z.cidrv6()], "write a prefix such as 10.20.0.0/24");
const tag = z.string().regex(/^tag:[a-z][a-z0-9-]*$/, "write a tag such as tag:server");
const user = z
  .string()
  .regex(/^[a-z][a-z0-9._-]*$/, "write the user's name without the @, such as alice");

const tailnetOnly = z
  .boolean()
  .default(false)
  .describe(
    "Published on the node's tailnet addresses alone, by `tailscale serve`: the service itself listens on loopback.",
  );

const tcpEcho = z
  .strictObject({ kind: z.literal("tcp-echo"), port, tailnetOnly })
  .describe("Sends back every byte.");
const udpEcho = z
  .strictObject({ kind: z.literal("udp-echo"), port })
  .describe("Sends back every datagram.");
const http = z
  .strictObject({ kind: z.literal("http"), port, tailnetOnly })
  .describe("The body of every answer is the caller's address as the service sees it.");
const dnsServer = z
  .strictObject({
    kind: z.literal("dns"),
    domain: resolvedDomain.describe("The domain that it is authoritative for."),
    records: z.record(domain, ip).describe("Names in the domain, and their addresses."),
  })
  .describe("A DNS server on port 53.");
const service = z.discriminatedUnion("kind", [tcpEcho, udpEcho, http, dnsServer]);

const placed = {
  network: label.describe(
    "A key of `networks`, or `internet` for a public address on the simulated internet.",
  ),
  address: ipv4
    .optional()
    .describe("An IPv4 address in the network's LAN. Absent: the lab chooses one by the name."),
  services: z.array(service).default([]).describe("What listens on this machine."),
};

const host = z
  .strictObject({
    kind: z.literal("host"),
    ...placed,
    publicNames: z
      .array(domain)
      .default([])
      .describe("Names that the simulated internet's DNS gives this host; public networks only."),
  })
  .describe("A machine without Tailscale: a printer, a NAS, a web server.");

const tailscaleNode = z
  .strictObject({
    kind: z.literal("tailscale"),
    ...placed,
    user: user.optional().describe("Whose machine it is. Either `user` or `tags`, never both."),
    tags: z
      .array(tag)
      .min(1, "write at least one tag")
      .optional()
      .describe("The tags of a machine that is nobody's own. Either `tags` or `user`, never both."),
    advertiseRoutes: z
      .array(cidr)
      .default([])
      .describe("Prefixes that it offers to route to, as a subnet router."),
    exitNode: z.boolean().default(false).describe("Offers to be an exit node."),
    acceptRoutes: z
      .boolean()
      .default(false)
      .describe("Uses the routes that subnet routers advertise."),
    acceptDns: z.boolean().default(true).describe("Takes DNS settings from the tailnet."),
    useExitNode: label.optional().describe("The name of the node to use as exit node."),
    allowLanAccess: z
      .boolean()
      .default(false)
      .describe("Keeps the local network reachable while an exit node is in use."),
    snatSubnetRoutes: z
      .boolean()
      .default(true)
      .describe("Masquerades what it forwards to advertised routes."),
    environment: z
      .record(z.string().regex(/^TS_[A-Z0-9_]+$/, "write a name that begins with TS_"), z.string())
      .default({})
      .describe("Additional environment of tailscaled, such as TS_DEBUG_ALWAYS_USE_DERP."),
  })
  .describe("A machine that runs tailscaled.");

const node = z.discriminatedUnion("kind", [tailscaleNode, host]);

const network = z.strictObject({
  nat: z
    .enum(["none", "easy", "hard"])
    .describe(
      "RFC 4787: `easy` maps endpoint-independently, `hard` address-and-port-dependently; both " +
        "filter by address and port. `none`: a public network.",
    ),
  lan: z
    .cidrv4("write an IPv4 prefix such as 192.168.1.0/24")
    .optional()
    .describe(
      "The LAN behind the router. Absent where `nat` is `none`: those nodes have public addresses.",
    ),
  upstream: label
    .optional()
    .describe("The network that this router's WAN is in (double NAT). Absent: the internet."),
});

const record = z.strictObject({
  name: domain.describe("The name that is asked for."),
  type: z.enum(["A", "AAAA"]).describe("A for IPv4, AAAA for IPv6."),
  value: ip.describe("The address."),
});

const dns = z.strictObject({
  magicDns: z
    .boolean()
    .default(true)
    .describe("Gives every node a name under the tailnet's domain."),
  nameservers: z
    .array(z.union([z.ipv4(), z.ipv6(), z.literal("internet")], "write an IP address, or internet"))
    .default(["internet"])
    .describe("Global resolvers: addresses, or `internet` for the simulated internet's."),
  splitDns: z
    .record(
      resolvedDomain,
      z
        .array(z.union([z.ipv4(), z.ipv6(), label], "write an IP address or a node's name"))
        .min(1, "write at least one resolver"),
    )
    .default({})
    .describe("Resolvers by domain: addresses, or names of nodes with a `dns` service."),
  extraRecords: z
    .array(record)
    .default([])
    .describe("Records that the tailnet's own DNS has beside the nodes' names."),
});

const tailnet = z.strictObject({
  domain: domain.default("tailnet.lab").describe("The MagicDNS base domain."),
  policy: z
    .union(
      [z.string().min(1), z.record(z.string(), z.unknown())],
      "write the path of a HuJSON file, or the policy itself",
    )
    .optional()
    .describe(
      "The path of a HuJSON file, relative to the topology's file, or the policy itself. Absent: " +
        "everyone may reach everything.",
    ),
  dns: dns.prefault({}).describe("The tailnet's DNS settings."),
});

const relay = z.strictObject({
  name: z
    .string()
    .min(1, "write a name, or leave it out")
    .optional()
    .describe("The region's name as netcheck shows it. Absent: its code."),
});

export const topologySchema = z
  .strictObject({
    name: label.describe("The lab's name: lower-case letters, digits and inner hyphens."),
    versions: z
      .strictObject({
        tailscale: version.optional().describe("Tailscale's version, such as 1.102.5."),
        headscale: version.optional().describe("Headscale's version, such as 0.29.3."),
      })
      .default({})
      .describe("Other versions than those that the package pins."),
    tailnet: tailnet.prefault({}).describe("The tailnet's domain, policy and DNS."),
    relays: z
      .record(label, relay)
      .default({ fra: { name: "Frankfurt" }, nyc: { name: "New York" } })
      .describe("DERP regions by code, two or more; each is one relay with STUN."),
    networks: z
      .record(label, network)
      .default({})
      .describe("Networks by name, each behind a router of its own or public."),
    nodes: z.record(label, node).describe("Machines by name."),
    faults: z
      .array(faultSchema)
      .default([])
      .describe("What is broken in it once it has come up: see `tailnet-lab fault kinds`."),
  })
  .describe("A lab: a tailnet, and the networks and machines that it runs on.");

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
