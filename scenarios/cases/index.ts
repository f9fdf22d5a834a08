import cgnatCollision from "./cant-reach/cgnat-collision.ts";
import clonedState from "./cant-reach/cloned-state.ts";
import duplicateHostname from "./cant-reach/duplicate-hostname.ts";
import exitNodeNotApproved from "./cant-reach/exit-node-not-approved.ts";
import exitNodeWithoutGrant from "./cant-reach/exit-node-without-grant.ts";
import hostFirewall from "./cant-reach/host-firewall.ts";
import ipForwardingOff from "./cant-reach/ip-forwarding-off.ts";
import keyExpired from "./cant-reach/key-expired.ts";
import lanCaptured from "./cant-reach/lan-captured.ts";
import lanHostOff from "./cant-reach/lan-host-off.ts";
import loggedOut from "./cant-reach/logged-out.ts";
import machineOff from "./cant-reach/machine-off.ts";
import mapStreamDead from "./cant-reach/map-stream-dead.ts";
import mtuBlackHole from "./cant-reach/mtu-black-hole.ts";
import noReturnRoute from "./cant-reach/no-return-route.ts";
import policyDenies from "./cant-reach/policy-denies.ts";
import policyOneWay from "./cant-reach/policy-one-way.ts";
import policyOtherPort from "./cant-reach/policy-other-port.ts";
import routeNotAdvertised from "./cant-reach/route-not-advertised.ts";
import routeNotApproved from "./cant-reach/route-not-approved.ts";
import routesNotAccepted from "./cant-reach/routes-not-accepted.ts";
import serviceDown from "./cant-reach/service-down.ts";
import serviceOnAnotherPort from "./cant-reach/service-on-another-port.ts";
import serviceOnLoopback from "./cant-reach/service-on-loopback.ts";
import strictRpFilter from "./cant-reach/strict-rp-filter.ts";
import tailscaleStopped from "./cant-reach/tailscale-stopped.ts";
import tailscaledHangs from "./cant-reach/tailscaled-hangs.ts";
import userspaceNetworking from "./cant-reach/userspace-networking.ts";
import type { Case } from "./case.ts";
import dnsLoop from "./names/dns-loop.ts";
import dnsNotAccepted from "./names/dns-not-accepted.ts";
import globalResolverDown from "./names/global-resolver-down.ts";
import magicDnsOff from "./names/magic-dns-off.ts";
import nameUnknown from "./names/name-unknown.ts";
import resolvConfOverwritten from "./names/resolv-conf-overwritten.ts";
import splitDnsServerDown from "./names/split-dns-server-down.ts";
import splitDnsServerUnrouted from "./names/split-dns-server-unrouted.ts";
import controlDown from "./other/control-down.ts";
import controlUnreachable from "./other/control-unreachable.ts";
import relayTcpBlocked from "./other/relay-tcp-blocked.ts";
import relayUntrusted from "./other/relay-untrusted.ts";
import relaysDown from "./other/relays-down.ts";
import detourThroughExitNode from "./slow/detour-through-exit-node.ts";
import detourThroughSubnetRouter from "./slow/detour-through-subnet-router.ts";
import directPathCut from "./slow/direct-path-cut.ts";
import directPathsSwitchedOff from "./slow/direct-paths-switched-off.ts";
import hardNatAndStrictNat from "./slow/hard-nat-and-strict-nat.ts";
import hardNats from "./slow/hard-nats.ts";
import packetLoss from "./slow/packet-loss.ts";
import rateLimited from "./slow/rate-limited.ts";
import udpBlocked from "./slow/udp-blocked.ts";
import udpBlockedOnBoth from "./slow/udp-blocked-on-both.ts";

/** Every case, flow by flow. */
export const cases: readonly Case[] = [
  cgnatCollision,
  clonedState,
  duplicateHostname,
  exitNodeNotApproved,
  exitNodeWithoutGrant,
  hostFirewall,
  ipForwardingOff,
  keyExpired,
  lanCaptured,
  lanHostOff,
  loggedOut,
  machineOff,
  mapStreamDead,
  mtuBlackHole,
  noReturnRoute,
  policyDenies,
  policyOneWay,
  policyOtherPort,
  routeNotAdvertised,
  routeNotApproved,
  routesNotAccepted,
  serviceDown,
  serviceOnAnotherPort,
  serviceOnLoopback,
  strictRpFilter,
  tailscaleStopped,
  tailscaledHangs,
  userspaceNetworking,
  detourThroughExitNode,
  detourThroughSubnetRouter,
  directPathCut,
  directPathsSwitchedOff,
  hardNatAndStrictNat,
  hardNats,
  packetLoss,
  rateLimited,
  udpBlockedOnBoth,
  udpBlocked,
  dnsLoop,
  dnsNotAccepted,
  globalResolverDown,
  magicDnsOff,
  nameUnknown,
  resolvConfOverwritten,
  splitDnsServerDown,
  splitDnsServerUnrouted,
  controlDown,
  controlUnreachable,
  relayTcpBlocked,
  relayUntrusted,
  relaysDown,
];
