import type { Mutation } from "../mutations.ts";
import { makeDeaf, withNode } from "./breakage.ts";

export const exitNodeMutations: readonly Mutation[] = [
  {
    name: "exit-node-in-use",
    scenario: "exit-node",
    test: "without an exit node",
    because:
      /laptop to www:80 over tcp\nexpected: reached, seen from (\S+)\nseen: +reached, seen from (?!\1)/,
    declared: (loaded) => withNode(loaded, "laptop", { useExitNode: "exit" }),
  },
  {
    name: "exit-node-not-used",
    scenario: "exit-node",
    test: "with an exit node www sees",
    because:
      /tablet to www:80 over tcp\nexpected: reached, seen from (\S+)\nseen: +reached, seen from (?!\1)/,
    started: async (lab) => {
      await lab.node("tablet").output(["tailscale", "set", "--exit-node="]);
    },
  },
  {
    name: "exit-node-not-taken",
    scenario: "exit-node",
    test: "an exit node is taken",
    because:
      /laptop to www:80 over tcp\nexpected: reached, seen from (\S+)\nseen: +reached, seen from (?!\1)/,
    started: (lab) => makeDeaf(lab.node("laptop"), "tailscale", "set"),
  },
  {
    name: "lan-access-off",
    scenario: "exit-node",
    test: "with LAN access",
    because: /tablet to nas:80 over tcp\nexpected: reached, seen from .+\nseen: +timeout/,
    declared: (loaded) => withNode(loaded, "tablet", { allowLanAccess: false }),
  },
  {
    name: "lan-access-on",
    scenario: "exit-node",
    test: "without LAN access",
    because: /console to nas:80 over tcp\nexpected: timeout\nseen: +reached/,
    declared: (loaded) => withNode(loaded, "console", { allowLanAccess: true }),
  },
];
