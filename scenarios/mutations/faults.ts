import type { Plan } from "../../lab/plan/plan.ts";
import type { Mutation } from "./mutation.ts";
import { makeDeaf } from "./running.ts";

/** Faults that do nothing, and machines that forget them. */
export const faultMutations: readonly Mutation[] = [
  ruleless("faults-paths", "cut: all", "router-home", /nas to www:80 over tcp\nexpected: timeout/),
  ruleless("faults-paths", "cut one way", "nas", /nas to www:7 over udp\nexpected: timeout/),
  ruleless(
    "faults-paths",
    "cut from the internet",
    "router-home",
    /nas to www:80 over tcp\nexpected: timeout/,
  ),
  ruleless(
    "faults-paths",
    "cut between two homes",
    "router-home",
    /laptop to phone\nexpected: path derp/,
  ),
  ruleless("faults-paths", "partition", "router-home", /nas to www:80 over tcp\nexpected: timeout/),
  ruleless(
    "faults-paths",
    "udp-blocked",
    "router-cafe",
    /till to www:7 over udp\nexpected: timeout/,
  ),
  ruleless("faults-impairments", "loss", "router-cafe", /lost, off 51 %/),
  ruleless(
    "faults-impairments",
    "latency: each round trip takes longer at home",
    "router-home",
    /ms over a link of 80 ms/,
  ),
  ruleless("faults-life", "nat: a mapping", "router-home", /behind a hard NAT/),
  {
    name: "rate-without-effect",
    scenario: "faults-impairments",
    test: "rate: each way is slow at home",
    because: /kbit\/s under a limit of 4000/,
    applied: (lab) => makeDeaf(lab.node("router-home"), "tc", "add"),
  },
  {
    name: "mtu-without-effect",
    scenario: "faults-impairments",
    test: "mtu: larger packets",
    because: /expected 'passes' to be 'no answer'/,
    applied: (lab) => makeDeaf(lab.node("router-home"), "ip", "replace"),
  },
  {
    name: "faults-forgotten-by-a-restart",
    scenario: "faults",
    test: "a fault is held by a machine that restarts",
    because: /nas to www:80 over tcp\nexpected: timeout/,
    planned: withoutRestoring,
  },
];

/** nft takes no rules from the fault. */
function ruleless(scenario: string, test: string, node: string, because: RegExp): Mutation {
  return {
    name: `rules-without-effect-${test.replaceAll(/[^a-z]+/g, "-")}`,
    scenario,
    test,
    because,
    applied: (lab) => makeDeaf(lab.node(node), "nft", "-f"),
  };
}

/** No machine does again what was injected into it. */
function withoutRestoring(plan: Plan): Plan {
  const containers = plan.containers.map((container) => ({
    ...container,
    command: container.command.map((word) => word.replace("\n  restore_faults\n", "\n  :\n")),
  }));
  return { ...plan, containers };
}
