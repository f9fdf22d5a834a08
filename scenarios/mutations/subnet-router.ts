import type { Mutation } from "../mutations.ts";
import { makeDeaf, withNode } from "./breakage.ts";

export const subnetRouterMutations: readonly Mutation[] = [
  {
    name: "route-approved-by-itself",
    scenario: "subnet-router",
    test: "the printer is not reached before",
    because: /the router's approved routes: expected \[ '10\.20\.0\.0\/24' \]/,
    declared(loaded) {
      const policy = JSON.parse(loaded.policyText ?? "{}");
      policy.autoApprovers = { routes: { "10.20.0.0/24": ["tag:router"] } };
      return { ...loaded, policyText: JSON.stringify(policy) };
    },
  },
  {
    name: "route-not-approved",
    scenario: "subnet-router",
    test: "the printer is reached through the router",
    because: /the laptop has 10\.20\.0\.0\/24 by router: expected \[\]/,
    started: (lab) => makeDeaf(lab.control, "headscale", "approve-routes"),
  },
  {
    name: "accept-routes-off",
    scenario: "subnet-router",
    test: "the printer is reached through the router",
    because: /laptop to printer:80 over tcp\nexpected: reached\nseen: +(timeout|unreachable)/,
    declared: (loaded) => withNode(loaded, "laptop", { acceptRoutes: false }),
  },
  {
    name: "accept-routes-on",
    scenario: "subnet-router",
    test: "not by a client that does not accept routes",
    because: /tablet to printer:80 over tcp\nexpected: .+\nseen: +reached/,
    declared: (loaded) => withNode(loaded, "tablet", { acceptRoutes: true }),
  },
  {
    name: "snat-off",
    scenario: "subnet-router",
    test: "with SNAT the printer sees the router",
    because: /laptop to printer:80 over tcp\nexpected: reached, seen from .+\nseen: +timeout/,
    declared: (loaded) => withNode(loaded, "router", { snatSubnetRoutes: false }),
  },
  {
    name: "snat-on",
    scenario: "subnet-router",
    test: "without SNAT the scanner sees the client",
    because: /laptop to scanner:80 over tcp\nexpected: timeout\nseen: +reached/,
    declared: (loaded) => withNode(loaded, "forwarder", { snatSubnetRoutes: true }),
  },
];
