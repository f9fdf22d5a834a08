import cgnatCollision from "./cant-reach/cgnat-collision.ts";
import clonedState from "./cant-reach/cloned-state.ts";
import duplicateHostname from "./cant-reach/duplicate-hostname.ts";
import exitNodeGone from "./cant-reach/exit-node-gone.ts";
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
import noDefaultRoute from "./cant-reach/no-default-route.ts";
import noReturnRoute from "./cant-reach/no-return-route.ts";
import noTailscale from "./cant-reach/no-tailscale.ts";
import nodeDeleted from "./cant-reach/node-deleted.ts";
import peerOffline from "./cant-reach/peer-offline.ts";
import policyDenies from "./cant-reach/policy-denies.ts";
import policyOneWay from "./cant-reach/policy-one-way.ts";
import policyOtherPort from "./cant-reach/policy-other-port.ts";
import routeNotAdvertised from "./cant-reach/route-not-advertised.ts";
import routeNotApproved from "./cant-reach/route-not-approved.ts";
import routesNotAccepted from "./cant-reach/routes-not-accepted.ts";
import serveBackendMissing from "./cant-reach/serve-backend-missing.ts";
import serviceDown from "./cant-reach/service-down.ts";
import serviceHangs from "./cant-reach/service-hangs.ts";
import serviceOnAnotherPort from "./cant-reach/service-on-another-port.ts";
import serviceOnLanAddress from "./cant-reach/service-on-lan-address.ts";
import serviceOnLoopback from "./cant-reach/service-on-loopback.ts";
import shieldsUp from "./cant-reach/shields-up.ts";
import staleAddress from "./cant-reach/stale-address.ts";
import strictRpFilter from "./cant-reach/strict-rp-filter.ts";
import tagNotOwned from "./cant-reach/tag-not-owned.ts";
import tailscaleStopped from "./cant-reach/tailscale-stopped.ts";
import tailscaledHangs from "./cant-reach/tailscaled-hangs.ts";
import tunnelRoutesGone from "./cant-reach/tunnel-routes-gone.ts";
import uplinkDown from "./cant-reach/uplink-down.ts";
import userspaceNetworking from "./cant-reach/userspace-networking.ts";
import type { Case } from "./case.ts";
import baseDomainCoversControl from "./names/base-domain-covers-control.ts";
import dnsLoop from "./names/dns-loop.ts";
import dnsNotAccepted from "./names/dns-not-accepted.ts";
import domainChanged from "./names/domain-changed.ts";
import exitNodeWithLanResolver from "./names/exit-node-with-lan-resolver.ts";
import globalResolverDown from "./names/global-resolver-down.ts";
import leftInHosts from "./names/left-in-hosts.ts";
import magicDnsOff from "./names/magic-dns-off.ts";
import nameUnknown from "./names/name-unknown.ts";
import nameserverNodeDown from "./names/nameserver-node-down.ts";
import nsswitchWithoutDns from "./names/nsswitch-without-dns.ts";
import resolvConfOverwritten from "./names/resolv-conf-overwritten.ts";
import searchDomainMissing from "./names/search-domain-missing.ts";
import splitDnsServerDown from "./names/split-dns-server-down.ts";
import splitDnsServerUnrouted from "./names/split-dns-server-unrouted.ts";
import captivePortal from "./other/captive-portal.ts";
import controlDown from "./other/control-down.ts";
import controlUnreachable from "./other/control-unreachable.ts";
import homeRelayUnreachable from "./other/home-relay-unreachable.ts";
import relayTcpBlocked from "./other/relay-tcp-blocked.ts";
import relayUntrusted from "./other/relay-untrusted.ts";
import relaysDown from "./other/relays-down.ts";
import detourThroughExitNode from "./slow/detour-through-exit-node.ts";
import detourThroughSubnetRouter from "./slow/detour-through-subnet-router.ts";
import directPathCut from "./slow/direct-path-cut.ts";
import directPathsSwitchedOff from "./slow/direct-paths-switched-off.ts";
import hardNatAndStrictNat from "./slow/hard-nat-and-strict-nat.ts";
import hardNats from "./slow/hard-nats.ts";
import noHairpinning from "./slow/no-hairpinning.ts";
import packetLoss from "./slow/packet-loss.ts";
import portForwardLost from "./slow/port-forward-lost.ts";
import rateLimited from "./slow/rate-limited.ts";
import relayFar from "./slow/relay-far.ts";
import smallMtu from "./slow/small-mtu.ts";
import udpBlocked from "./slow/udp-blocked.ts";
import udpBlockedOnBoth from "./slow/udp-blocked-on-both.ts";

/** Every case, flow by flow. */
export const cases: readonly Case[] = [
  cgnatCollision,
  clonedState,
  duplicateHostname,
  exitNodeGone,
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
  noDefaultRoute,
  noReturnRoute,
  noTailscale,
  nodeDeleted,
  peerOffline,
  policyDenies,
  policyOneWay,
  policyOtherPort,
  routeNotAdvertised,
  routeNotApproved,
  routesNotAccepted,
  serviceDown,
  serveBackendMissing,
  serviceHangs,
  serviceOnAnotherPort,
  serviceOnLanAddress,
  serviceOnLoopback,
  shieldsUp,
  staleAddress,
  strictRpFilter,
  tagNotOwned,
  tailscaleStopped,
  tailscaledHangs,
  uplinkDown,
  tunnelRoutesGone,
  userspaceNetworking,
  detourThroughExitNode,
  detourThroughSubnetRouter,
  directPathCut,
  directPathsSwitchedOff,
  hardNatAndStrictNat,
  hardNats,
  noHairpinning,
  packetLoss,
  portForwardLost,
  rateLimited,
  udpBlockedOnBoth,
  relayFar,
  smallMtu,
  udpBlocked,
  baseDomainCoversControl,
  dnsLoop,
  dnsNotAccepted,
  domainChanged,
  exitNodeWithLanResolver,
  globalResolverDown,
  leftInHosts,
  magicDnsOff,
  nameUnknown,
  nameserverNodeDown,
  nsswitchWithoutDns,
  resolvConfOverwritten,
  searchDomainMissing,
  splitDnsServerDown,
  splitDnsServerUnrouted,
  captivePortal,
  controlDown,
  controlUnreachable,
  homeRelayUnreachable,
  relayTcpBlocked,
  relayUntrusted,
  relaysDown,
];
