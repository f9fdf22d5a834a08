import { inject } from "../../lab/faults/inject.ts";
import { withNat } from "./breakage.ts";
import type { Mutation } from "./mutation.ts";

export const pathMutations: readonly Mutation[] = [
  {
    name: "easy-nats-made-hard",
    scenario: "paths",
    test: "two easy NATs",
    because: /laptop to phone\nexpected: path direct\nseen: +tailscale ping took derp/,
    declared: (loaded) => withNat(loaded, ["home", "cafe"], "hard"),
  },
  {
    name: "hard-nats-made-easy",
    scenario: "paths",
    test: "two hard NATs",
    because: /workstation to server\nexpected: path derp\nseen: +tailscale ping took direct/,
    declared: (loaded) => withNat(loaded, ["office", "studio"], "easy"),
  },
  {
    name: "cloud-without-udp",
    scenario: "paths",
    test: "a hard NAT and a public address",
    because: /workstation to exit\nexpected: path direct\nseen: +tailscale ping took derp/,
    async started(lab) {
      await inject(lab, { kind: "udp-blocked", at: "cloud" });
    },
  },
];
