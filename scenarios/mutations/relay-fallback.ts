import { inject } from "../../lab/faults/inject.ts";
import { pingPeer } from "../../lab/observe/ping.ts";
import { statusOf } from "../../lab/observe/status.ts";
import type { Mutation } from "./mutation.ts";
import { makeDeaf } from "./running.ts";

export const relayFallbackMutations: readonly Mutation[] = [
  {
    name: "cut-without-effect",
    scenario: "relay-fallback",
    test: "a running TCP stream",
    because: /UDP is cut: .* still does by direct_ipv4/,
    applied: (lab) => makeDeaf(lab.node("router-home"), "nft", "-f"),
  },
  {
    name: "no-relay-to-fall-back-to",
    scenario: "relay-fallback",
    test: "a running TCP stream",
    because: /waiting for line \d+ of the stream to come back/,
    // They find each other by a relay: it dies when they have.
    async started(lab) {
      const phone = (await statusOf(lab.node("phone"))).self?.addresses[0] ?? "";
      await pingPeer(lab.node("laptop"), phone);
      for (const { name } of lab.ofKind("relay")) await inject(lab, { kind: "kill", node: name });
    },
  },
  {
    name: "no-other-home-relay",
    scenario: "relay-fallback",
    test: "the home relay dies",
    because: /every node's home relay is the other one/,
    async started(lab) {
      const home = (await statusOf(lab.node("server"))).self?.homeRelay;
      const other = lab.ofKind("relay").find((relay) => relay.spec.region !== home);
      await inject(lab, { kind: "kill", node: other?.name ?? "" });
    },
  },
];
