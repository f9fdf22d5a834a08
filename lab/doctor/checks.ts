import type { Check } from "./check.ts";
import { addressUnknown } from "./checks/address-unknown.ts";
import { cgnatCollision } from "./checks/cgnat-collision.ts";
import { clonedState } from "./checks/cloned-state.ts";
import { duplicateHostname } from "./checks/duplicate-hostname.ts";
import { exitNodeGrant } from "./checks/exit-node-grant.ts";
import { hostFirewall } from "./checks/host-firewall.ts";
import { ipForwarding } from "./checks/ip-forwarding.ts";
import { lanCaptured } from "./checks/lan-captured.ts";
import { lanHostNotAnswering } from "./checks/lan-host-not-answering.ts";
import { loginState } from "./checks/login-state.ts";
import { machineNotRunning } from "./checks/machine-not-running.ts";
import { networkPath } from "./checks/network-path.ts";
import { noReturnRoute } from "./checks/no-return-route.ts";
import { nodeOffline } from "./checks/node-offline.ts";
import { packetSizes } from "./checks/packet-sizes.ts";
import { policy } from "./checks/policy.ts";
import { routeApproval } from "./checks/route-approval.ts";
import { routeNotAdvertised } from "./checks/route-not-advertised.ts";
import { routesNotAccepted } from "./checks/routes-not-accepted.ts";
import { service } from "./checks/service.ts";
import { strictRpFilter } from "./checks/strict-rp-filter.ts";
import { tagNotOwned } from "./checks/tag-not-owned.ts";
import { tailscaledNotAnswering } from "./checks/tailscaled-not-answering.ts";
import { userspaceNetworking } from "./checks/userspace-networking.ts";

/** All checks; a new one is added here. Their order does not matter. */
export const checks: readonly Check[] = [
  addressUnknown,
  cgnatCollision,
  clonedState,
  duplicateHostname,
  exitNodeGrant,
  hostFirewall,
  ipForwarding,
  lanCaptured,
  lanHostNotAnswering,
  loginState,
  machineNotRunning,
  networkPath,
  noReturnRoute,
  nodeOffline,
  packetSizes,
  policy,
  routeApproval,
  routeNotAdvertised,
  routesNotAccepted,
  service,
  strictRpFilter,
  tagNotOwned,
  tailscaledNotAnswering,
  userspaceNetworking,
];
