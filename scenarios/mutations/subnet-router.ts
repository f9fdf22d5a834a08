import { approveRoutes } from "../../lab/running/headscale.ts";
import type { Mutation } from "./mutation.ts";
import { applyPolicy } from "./policy.ts";
import { makeDeaf, setPreference } from "./running.ts";

export const subnetRouterMutations: readonly Mutation[] = [
  {
    name: "route-approved-by-itself",
    scenario: "subnet-router",
    test: "the printer is not reached before",
    because: /the router's approved routes: expected \[ '10\.20\.0\.0\/24' \]/,
    async applied(lab) {
      const autoApprovers = { routes: { "10.20.0.0/24": ["tag:router"] } };
      const undo = await applyPolicy(lab, (text) =>
        JSON.stringify({ ...JSON.parse(text), autoApprovers }),
      );
      return async () => {
        await undo();
        await approveRoutes(lab, "router", []);
      };
    },
  },
  {
    name: "route-not-approved",
    scenario: "subnet-router",
    test: "the printer is reached through the router",
    because: /the laptop has 10\.20\.0\.0\/24 by router: expected \[\]/,
    applied: (lab) => makeDeaf(lab.control, "headscale", "approve-routes"),
  },
  {
    name: "accept-routes-off",
    scenario: "subnet-router",
    test: "the printer is reached through the router",
    because: /laptop to printer:80 over tcp\nexpected: reached\nseen: +(timeout|unreachable)/,
    applied: (lab) => setPreference(lab.node("laptop"), "accept-routes", false, true),
  },
  {
    name: "accept-routes-on",
    scenario: "subnet-router",
    test: "not by a client that does not accept routes",
    because: /tablet to printer:80 over tcp\nexpected: .+\nseen: +reached/,
    applied: (lab) => setPreference(lab.node("tablet"), "accept-routes", true, false),
  },
  {
    name: "snat-off",
    scenario: "subnet-router",
    test: "with SNAT the printer sees the router",
    because: /laptop to printer:80 over tcp\nexpected: reached, seen from .+\nseen: +timeout/,
    applied: (lab) => setPreference(lab.node("router"), "snat-subnet-routes", false, true),
  },
  {
    name: "snat-on",
    scenario: "subnet-router",
    test: "without SNAT the scanner sees the client",
    because: /laptop to scanner:80 over tcp\nexpected: timeout\nseen: +reached/,
    applied: (lab) => setPreference(lab.node("forwarder"), "snat-subnet-routes", true, false),
  },
];
