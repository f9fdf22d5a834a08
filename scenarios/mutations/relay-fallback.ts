import { stopRelay } from "../../lab/faults/faults.ts";
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
    applied: (lab) => makeDeaf(lab.node("router-home"), "nft", "-"),
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
      const regions = lab.ofKind("relay").map((relay) => relay.spec.region ?? "");
      await Promise.all(regions.map((region) => stopRelay(lab, region)));
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
      await stopRelay(lab, other?.spec.region ?? "");
    },
  },
];
