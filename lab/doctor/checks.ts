import type { Check } from "./check.ts";
import { addressUnknown } from "./checks/address-unknown.ts";
import { baseDomain } from "./checks/base-domain.ts";
import { captivePortal } from "./checks/captive-portal.ts";
import { cgnatCollision } from "./checks/cgnat-collision.ts";
import { clonedState } from "./checks/cloned-state.ts";
import { controlDown, controlSilent } from "./checks/control-down.ts";
import { controlByExitNode, controlUnreachable } from "./checks/control-unreachable.ts";
import { exitNodeDetour, routerThroughExitNode, subnetRouterDetour } from "./checks/detours.ts";
import { directPath } from "./checks/direct-path.ts";
import {
  dnsNotAccepted,
  magicDnsOff,
  resolvConfOverwritten,
  searchDomainMissing,
} from "./checks/dns-settings.ts";
import { duplicateHostname } from "./checks/duplicate-hostname.ts";
import { endpoints } from "./checks/endpoints.ts";
import { exitNodeGone } from "./checks/exit-node-gone.ts";
import { exitNodeGrant } from "./checks/exit-node-grant.ts";
import { homeRelay } from "./checks/home-relay.ts";
import { homeRelayOutdated } from "./checks/home-relay-outdated.ts";
import { hostFirewall } from "./checks/host-firewall.ts";
import { ipForwarding } from "./checks/ip-forwarding.ts";
import { isolated } from "./checks/isolated.ts";
import { lanCaptured } from "./checks/lan-captured.ts";
import { lanHostNotAnswering } from "./checks/lan-host-not-answering.ts";
import { loginState } from "./checks/login-state.ts";
import { machineGaveUp, machineNotRunning } from "./checks/machine-not-running.ts";
import { mapStream } from "./checks/map-stream.ts";
import { nats } from "./checks/nats.ts";
import { networkPath } from "./checks/network-path.ts";
import { noDefaultRoute } from "./checks/no-default-route.ts";
import { noReturnRoute } from "./checks/no-return-route.ts";
import { noTailscale } from "./checks/no-tailscale.ts";
import { nodeDeleted } from "./checks/node-deleted.ts";
import { nodeOffline } from "./checks/node-offline.ts";
import { ownFirewall } from "./checks/own-firewall.ts";
import { packetSizes } from "./checks/packet-sizes.ts";
import { pingsIgnored } from "./checks/pings-ignored.ts";
import { policy } from "./checks/policy.ts";
import { quality } from "./checks/quality.ts";
import { relayFar } from "./checks/relay-far.ts";
import { relays } from "./checks/relays.ts";
import { resolvedElsewhere } from "./checks/resolved-elsewhere.ts";
import { lanResolver, unroutedResolver } from "./checks/resolver-out-of-reach.ts";
import { resolvers } from "./checks/resolvers.ts";
import { routeApproval } from "./checks/route-approval.ts";
import { routeElsewhere } from "./checks/route-elsewhere.ts";
import { routeNotAdvertised } from "./checks/route-not-advertised.ts";
import { routesNotAccepted } from "./checks/routes-not-accepted.ts";
import { serveBackend } from "./checks/serve-backend.ts";
import { service } from "./checks/service.ts";
import { serviceHangs } from "./checks/service-hangs.ts";
import { shieldsUp } from "./checks/shields-up.ts";
import { smallMtu } from "./checks/small-mtu.ts";
import { strictRpFilter } from "./checks/strict-rp-filter.ts";
import { switchedOff } from "./checks/switched-off.ts";
import { systemResolution } from "./checks/system-resolution.ts";
import { tagNotOwned } from "./checks/tag-not-owned.ts";
import { tailscaledNotAnswering, tailscaledNotStarted } from "./checks/tailscaled-not-answering.ts";
import { tunnelRoutes } from "./checks/tunnel-routes.ts";
import { udp } from "./checks/udp.ts";
import { unanswered } from "./checks/unanswered.ts";
import { unknownName } from "./checks/unknown-name.ts";
import { userspaceNetworking } from "./checks/userspace-networking.ts";

/** All checks; a new one is added here. Their order does not matter. */
export const checks: readonly Check[] = [
  addressUnknown,
  baseDomain,
  captivePortal,
  cgnatCollision,
  clonedState,
  controlByExitNode,
  controlDown,
  controlSilent,
  controlUnreachable,
  directPath,
  dnsNotAccepted,
  duplicateHostname,
  endpoints,
  exitNodeDetour,
  exitNodeGone,
  exitNodeGrant,
  homeRelay,
  homeRelayOutdated,
  hostFirewall,
  ipForwarding,
  lanCaptured,
  lanHostNotAnswering,
  lanResolver,
  loginState,
  machineNotRunning,
  magicDnsOff,
  mapStream,
  nats,
  // Before the one of a pair: one finding has each code and node.
  isolated,
  networkPath,
  noDefaultRoute,
  nodeDeleted,
  nodeOffline,
  noReturnRoute,
  noTailscale,
  ownFirewall,
  packetSizes,
  pingsIgnored,
  policy,
  quality,
  relayFar,
  relays,
  resolvConfOverwritten,
  resolvedElsewhere,
  resolvers,
  routeApproval,
  routeElsewhere,
  routeNotAdvertised,
  routesNotAccepted,
  routerThroughExitNode,
  searchDomainMissing,
  service,
  serveBackend,
  serviceHangs,
  shieldsUp,
  smallMtu,
  strictRpFilter,
  subnetRouterDetour,
  switchedOff,
  systemResolution,
  tagNotOwned,
  tailscaledNotAnswering,
  tailscaledNotStarted,
  machineGaveUp,
  tunnelRoutes,
  udp,
  unanswered,
  unknownName,
  unroutedResolver,
  userspaceNetworking,
];
