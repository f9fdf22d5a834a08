import cgnatCollision from "./cant-reach/cgnat-collision.ts";
import clonedState from "./cant-reach/cloned-state.ts";
import duplicateHostname from "./cant-reach/duplicate-hostname.ts";
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
import tagNotOwned from "./cant-reach/tag-not-owned.ts";
import tailscaleStopped from "./cant-reach/tailscale-stopped.ts";
import tailscaledHangs from "./cant-reach/tailscaled-hangs.ts";
import userspaceNetworking from "./cant-reach/userspace-networking.ts";
import type { Case } from "./case.ts";

/** Every case, flow by flow. */
export const cases: readonly Case[] = [
  cgnatCollision,
  clonedState,
  duplicateHostname,
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
  tagNotOwned,
  tailscaleStopped,
  tailscaledHangs,
  userspaceNetworking,
];
