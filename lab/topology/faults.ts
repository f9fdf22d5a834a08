import { z } from "zod";
import { labelPattern, labelRule } from "./label.ts";

/**
 * What may be broken in a lab, as data: the same for a topology's `faults`, for `tailnet-lab fault add`, for
 * `lab.inject()` and for cases. The names are the field's: Jepsen's nemeses, netlab's and containerlab's impairments.
 */

const name = z.string().regex(labelPattern, labelRule);
const place = name.describe("A network or a node by name, or `internet`.");
const node = name.describe("A node's name.");
const network = name.describe("A network's name.");
const region = name.describe("A DERP region's code.");
const port = z.int().min(1).max(65_535).describe("A port.");
const route = z
  .union([z.cidrv4(), z.cidrv6()])
  .optional()
  .describe("A prefix. Absent: all of them.");
const protocol = z.enum(["tcp", "udp", "icmp"]);

const kinds = [
  // Paths between places.
  z
    .strictObject({
      kind: z.literal("cut"),
      between: z.tuple([place, place]).describe("Two places: networks, nodes or `internet`."),
      protocol: z.enum(["all", "udp", "tcp"]).default("all").describe("What is dropped."),
      oneWay: z.boolean().default(false).describe("Only what the first sends to the second."),
    })
    .describe("Packets between two places are dropped."),
  z
    .strictObject({
      kind: z.literal("partition"),
      groups: z.array(z.array(place).min(1)).min(2).describe("Lists of places."),
    })
    .describe("Packets between groups of places are dropped; within a group they pass."),
  z
    .strictObject({ kind: z.literal("udp-blocked"), at: place })
    .describe("A place's firewall lets no UDP pass but DNS."),
  // Impairments.
  z
    .strictObject({
      kind: z.literal("loss"),
      at: place,
      percent: z.int().min(1).max(100).describe("Of the packets, both ways."),
    })
    .describe("A share of a place's packets is lost."),
  z
    .strictObject({
      kind: z.literal("latency"),
      at: place,
      ms: z.int().min(1).max(10_000).describe("Milliseconds."),
    })
    .describe("What a place sends takes longer, and so does each round trip."),
  z
    .strictObject({
      kind: z.literal("rate"),
      at: place,
      kbit: z.int().min(8).max(10_000_000).describe("Kilobits a second, each way."),
    })
    .describe("A place has a slow link."),
  z
    .strictObject({
      kind: z.literal("mtu"),
      at: place,
      bytes: z.int().min(576).max(1500).describe("The largest packet that passes."),
      icmp: z.boolean().default(false).describe("Whether the sender is told. Not: a black hole."),
    })
    .describe("Larger packets do not pass a place."),
  // Routers.
  z
    .strictObject({
      kind: z.literal("nat"),
      network,
      preset: z.enum(["easy", "hard"]).describe("As a network's `nat`."),
    })
    .describe("A network's router does another NAT; known bindings are lost."),
  z
    .strictObject({ kind: z.literal("router-reboot"), network })
    .describe(
      "A network's router restarts: its bindings are lost. It is over when the router is back.",
    ),
  // A machine's life.
  z.strictObject({ kind: z.literal("stop"), node }).describe("A node is shut down."),
  z.strictObject({ kind: z.literal("kill"), node }).describe("A node loses its power."),
  z
    .strictObject({ kind: z.literal("pause"), node })
    .describe("A node stands still, and keeps its connections."),
  z
    .strictObject({ kind: z.literal("restart"), node })
    .describe("A node restarts. It is over when the node is back."),
  // A machine's own network.
  z
    .strictObject({
      kind: z.literal("host-firewall"),
      node,
      protocol: protocol.optional().describe("Absent: every protocol."),
      port: port.optional().describe("Absent: every port."),
    })
    .describe("A node's own firewall drops what comes from the tailnet."),
  z
    .strictObject({ kind: z.literal("shields-up"), node })
    .describe("A node lets nobody of the tailnet in, by its own setting."),
  z
    .strictObject({ kind: z.literal("rp-filter"), node })
    .describe(
      "Strict reverse path filtering: a node drops what comes by another way than the answer would take.",
    ),
  z
    .strictObject({ kind: z.literal("ip-forwarding-off"), node })
    .describe("A subnet router or exit node does not forward."),
  z
    .strictObject({ kind: z.literal("no-return-route"), node })
    .describe("A subnet router does not masquerade, and its LAN has no route back to the tailnet."),
  z
    .strictObject({
      kind: z.literal("cgnat-collision"),
      node,
      prefix: z.cidrv4().default("100.64.0.0/24").describe("What the LAN has."),
    })
    .describe("A node's LAN uses addresses of 100.64.0.0/10, as a carrier's NAT does."),
  // Services.
  z
    .strictObject({ kind: z.literal("service-down"), node, port })
    .describe("Nothing listens on a port."),
  z
    .strictObject({ kind: z.literal("service-loopback-only"), node, port })
    .describe("A TCP service listens on 127.0.0.1 alone."),
  // DNS.
  z
    .strictObject({
      kind: z.literal("resolv-conf-overwritten"),
      node,
      nameserver: z.ipv4().optional().describe("Absent: the simulated internet's."),
    })
    .describe("Another program has written a node's /etc/resolv.conf."),
  z
    .strictObject({
      kind: z.literal("dns-server-down"),
      server: name.describe("A node with a DNS service, or `internet`."),
    })
    .describe("A DNS server does not answer."),
  z
    .strictObject({ kind: z.literal("dns-loop") })
    .describe("The tailnet's global resolver is a server that asks 100.100.100.100 again."),
  z.strictObject({ kind: z.literal("magic-dns-off") }).describe("The tailnet has no MagicDNS."),
  z
    .strictObject({ kind: z.literal("accept-dns-off"), node })
    .describe("A node does not take DNS settings from the tailnet."),
  // Routes.
  z
    .strictObject({ kind: z.literal("accept-routes-off"), node })
    .describe("A node does not use the routes of subnet routers."),
  z
    .strictObject({ kind: z.literal("route-unapproved"), node, route })
    .describe("Control has not approved what a node advertises."),
  z
    .strictObject({ kind: z.literal("route-withdrawn"), node, route })
    .describe("A node no longer advertises a route."),
  // The policy.
  z
    .strictObject({
      kind: z.literal("policy"),
      deny: z
        .strictObject({ from: node, to: node })
        .optional()
        .describe("Takes away what lets one node use the other."),
      policy: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("Another policy, whole. Either this or `deny`."),
    })
    .describe("Another policy is in force."),
  // Identity.
  z.strictObject({ kind: z.literal("key-expired"), node }).describe("A node's key has expired."),
  z.strictObject({ kind: z.literal("logged-out"), node }).describe("A node is logged out."),
  z
    .strictObject({ kind: z.literal("tailscale-stopped"), node })
    .describe("Tailscale is stopped on a node, as by `tailscale down`."),
  z
    .strictObject({ kind: z.literal("cloned-state"), node, of: node })
    .describe("A node runs with a copy of another's state, as a cloned disk does."),
  z
    .strictObject({ kind: z.literal("userspace-networking"), node })
    .describe("tailscaled runs without a tunnel device."),
  z
    .strictObject({ kind: z.literal("duplicate-hostname"), node, of: node })
    .describe("A node calls itself as another does."),
  // Control and relays.
  z.strictObject({ kind: z.literal("control-down") }).describe("Headscale does not run."),
  z
    .strictObject({ kind: z.literal("control-unreachable"), node })
    .describe("A node's packets to control are dropped."),
  z
    .strictObject({ kind: z.literal("map-stream-cut"), node })
    .describe("What control tells a node is lost, while the node believes to be connected."),
  z
    .strictObject({ kind: z.literal("relay-down"), region })
    .describe("A region's relay does not run."),
  z
    .strictObject({
      kind: z.literal("relay-tcp-blocked"),
      region,
      at: place.optional().describe("Absent: for everybody."),
    })
    .describe("A relay's TCP does not pass, while STUN answers."),
  z
    .strictObject({
      kind: z.literal("relay-untrusted"),
      region,
      certificate: z
        .enum(["expired", "not-yet-valid"])
        .default("expired")
        .describe("What is wrong with it."),
    })
    .describe("A relay's certificate is not valid."),
] as const;

export const faultSchema = z.discriminatedUnion("kind", kinds);

/** What a user writes; defaults may be left out. */
export type FaultDeclaration = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
export type FaultName = Fault["kind"];
export type FaultOf<Kind extends FaultName> = Extract<Fault, { kind: Kind }>;
