import {
  type Outcome,
  type Protocol,
  type ReachResult,
  reach,
} from "../../../lab/observe/connect.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import { type By, hostOf, nameOf, serviceOn, type TargetLike } from "./target.ts";
import type { MatcherResult } from "./verdict.ts";

export interface ReachExpectation {
  /** Absent for ICMP. */
  port?: number;
  /** Default: TCP. */
  protocol?: Protocol;
  /** Default: the IPv4 address, so that a fault of DNS is not taken for one of the network. */
  by?: By;
  /** The caller's address that an HTTP service must have seen. */
  seenFrom?: string;
  /** Whole seconds an answer may take. */
  seconds?: number;
}

export async function reachAs(
  from: RunningNode,
  target: TargetLike,
  { port, protocol = "tcp", by = "ipv4", seconds }: ReachExpectation,
): Promise<ReachResult> {
  const host = await hostOf(target, by);
  return reach(
    from,
    {
      host,
      protocol,
      ...(port === undefined ? {} : { port }),
      service: serviceOn(target, protocol, port),
    },
    seconds === undefined ? {} : { seconds },
  );
}

/** A real connection that the real service answers. Negated: any other outcome; which, `toFailToReach` says. */
export async function toReach(
  from: RunningNode,
  target: TargetLike,
  expectation: ReachExpectation,
): Promise<MatcherResult> {
  const seen = await reachAs(from, target, expectation);
  const rightCaller = expectation.seenFrom === undefined || expectation.seenFrom === seen.seenFrom;
  const claim = describe(from, target, expectation);
  return outcomeVerdict(claim, "reached", seen, rightCaller, from_(expectation.seenFrom));
}

/** A connection that fails in one given way. */
export async function toFailToReach(
  from: RunningNode,
  target: TargetLike,
  expectation: ReachExpectation & { as: Exclude<Outcome, "reached"> },
): Promise<MatcherResult> {
  const seen = await reachAs(from, target, expectation);
  return outcomeVerdict(describe(from, target, expectation), expectation.as, seen);
}

function outcomeVerdict(
  claim: string,
  expected: Outcome,
  seen: ReachResult,
  rightCaller = true,
  wantedCaller = "",
): MatcherResult {
  return {
    pass: seen.outcome === expected && rightCaller,
    message: () =>
      `${claim}\nexpected: ${expected}${wantedCaller}\nseen:     ${seen.outcome}${from_(seen.seenFrom)}\nlast words: ${seen.words}`,
    expected,
    actual: seen.outcome,
  };
}

export function describe(
  from: RunningNode,
  target: TargetLike,
  { port, protocol = "tcp", by }: ReachExpectation,
): string {
  const place = port === undefined ? "" : `:${port}`;
  return `${from.name} to ${nameOf(target)}${place} over ${protocol}${by === undefined ? "" : ` by ${by}`}`;
}

function from_(address: string | null | undefined): string {
  return address == null ? "" : `, seen from ${address}`;
}
