import type { Mutation } from "./mutation.ts";
import { makeDeaf, setPreference } from "./running.ts";

export const exitNodeMutations: readonly Mutation[] = [
  {
    name: "exit-node-in-use",
    scenario: "exit-node",
    test: "without an exit node",
    because:
      /laptop to www:80 over tcp\nexpected: reached, seen from (\S+)\nseen: +reached, seen from (?!\1)/,
    applied: (lab) => setPreference(lab.node("laptop"), "exit-node", "exit", ""),
  },
  {
    name: "exit-node-not-used",
    scenario: "exit-node",
    test: "with an exit node www sees",
    because:
      /tablet to www:80 over tcp\nexpected: reached, seen from (\S+)\nseen: +reached, seen from (?!\1)/,
    applied: (lab) => setPreference(lab.node("tablet"), "exit-node", "", "exit"),
  },
  {
    name: "exit-node-not-taken",
    scenario: "exit-node",
    test: "an exit node is taken",
    because:
      /laptop to www:80 over tcp\nexpected: reached, seen from (\S+)\nseen: +reached, seen from (?!\1)/,
    applied: (lab) => makeDeaf(lab.node("laptop"), "tailscale", "set"),
  },
  {
    name: "lan-access-off",
    scenario: "exit-node",
    test: "with LAN access",
    because: /tablet to nas:80 over tcp\nexpected: reached, seen from .+\nseen: +timeout/,
    applied: (lab) => setPreference(lab.node("tablet"), "exit-node-allow-lan-access", false, true),
  },
  {
    name: "lan-access-on",
    scenario: "exit-node",
    test: "without LAN access",
    because: /console to nas:80 over tcp\nexpected: timeout\nseen: +reached/,
    applied: (lab) => setPreference(lab.node("console"), "exit-node-allow-lan-access", true, false),
  },
];
