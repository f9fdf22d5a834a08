import type { Mutation } from "./mutation.ts";
import { makeDeaf } from "./running.ts";

/** A case that passes without its cause would prove nothing. */
export const caseMutations: readonly Mutation[] = [
  {
    name: "case-route-stays-approved",
    scenario: "cases",
    test: "route-not-approved",
    because: /route-not-approved: symptom\nexpected: .+ timeout or unreachable\nseen: +reached/,
    injected: () => [],
  },
  {
    name: "case-other-cause",
    scenario: "cases",
    test: "host-firewall",
    because: /host-firewall: finding\nexpected: TL114 on server\nseen: +TL201/,
    injected: () => [
      { kind: "policy", policy: { grants: [{ src: ["bob@"], dst: ["bob@"], ip: ["*"] }] } },
    ],
  },
  {
    name: "case-output-changes",
    scenario: "cases",
    test: "route-not-approved",
    because:
      /route-not-approved: evidence\nexpected: on control: .+list-routes.+: ID [\s\S]+\nseen: +on control: .+list-routes.+: $/m,
    applied: (lab) => makeDeaf(lab.control, "headscale", "list-routes"),
  },
];
