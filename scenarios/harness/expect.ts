import { expect } from "vitest";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { affirmative } from "./matchers/affirmative.ts";
import {
  type Cell,
  type CellsExpectation,
  toAllBeReached,
  toAllMeetSilence,
} from "./matchers/cells.ts";
import { type DenialExpectation, toBeDenied } from "./matchers/denial.ts";
import { toBeDirectTo, toBeRelayedTo } from "./matchers/path.ts";
import {
  type FailedOutcome,
  type ReachExpectation,
  toFailToReach,
  toReach,
} from "./matchers/reach.ts";
import { type ResolveExpectation, toFindNoName, toResolve } from "./matchers/resolve.ts";
import type { TargetLike } from "./matchers/target.ts";

/** What a test may claim of a node of a lab; each claim is a promise to be awaited, and none can be negated. */
interface LabMatchers {
  /** A real connection that the real service answers. */
  toReach(target: TargetLike, expectation?: ReachExpectation): Promise<void>;
  /** A connection that fails in one given way, or in one of some. */
  toFailToReach(
    target: TargetLike,
    expectation: ReachExpectation & { as: FailedOutcome | readonly FailedOutcome[] },
  ): Promise<void>;
  /** The policy drops it, proved from both ends, and nothing else can be the cause. */
  toBeDenied(target: RunningNode, expectation: DenialExpectation): Promise<void>;
  /** Claims of a list of cells: each is reached. All are asked at once. */
  toAllBeReached(expectation?: CellsExpectation): Promise<void>;
  /** Claims of a list of cells: nobody answers any of them. */
  toAllMeetSilence(expectation?: CellsExpectation): Promise<void>;
  /** By `tailscale ping` and by the counters of real traffic. */
  toBeDirectTo(target: RunningNode): Promise<void>;
  /** By `tailscale ping` and by the counters of real traffic; `via` is the DERP region's code. */
  toBeRelayedTo(target: RunningNode, expectation?: { via?: string }): Promise<void>;
  /** As programs ask (getaddrinfo) and at 100.100.100.100. */
  toResolve(name: string, expectation?: ResolveExpectation): Promise<void>;
  /** The resolver says NXDOMAIN. */
  toFindNoName(name: string): Promise<void>;
}

expect.extend({
  toReach: affirmative(
    "toReach",
    'toFailToReach(target, { as: "timeout" }), which says how it fails',
    toReach,
  ),
  toFailToReach: affirmative("toFailToReach", "toReach(target, …)", toFailToReach),
  toBeDenied: affirmative("toBeDenied", "toReach(target, …)", toBeDenied),
  toAllBeReached: affirmative("toAllBeReached", "toAllMeetSilence()", toAllBeReached),
  toAllMeetSilence: affirmative("toAllMeetSilence", "toAllBeReached()", toAllMeetSilence),
  toBeDirectTo: affirmative("toBeDirectTo", "toBeRelayedTo(target)", toBeDirectTo),
  toBeRelayedTo: affirmative("toBeRelayedTo", "toBeDirectTo(target)", toBeRelayedTo),
  toResolve: affirmative("toResolve", "toFindNoName(name)", toResolve),
  toFindNoName: affirmative("toFindNoName", "toResolve(name)", toFindNoName),
});

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends LabMatchers {}
}

export type { Cell };
export { expect };
