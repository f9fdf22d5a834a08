import type { Mutation } from "./mutation.ts";

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
    name: "case-evidence-differs",
    scenario: "cases",
    test: "host-firewall",
    because:
      /host-firewall: evidence\nexpected: on server: nft [\s\S]+\nseen: +on server: nft [\s\S]+8080/,
    injected: (faults) => [
      ...faults,
      { kind: "host-firewall", node: "server", protocol: "tcp", port: 8080 },
    ],
  },
];
