import { LabError } from "../../../lab/errors.ts";
import { reach } from "../../../lab/observe/connect.ts";
import {
  isReached,
  type Outcome,
  type Protocol,
  type ReachResult,
} from "../../../lab/observe/outcome.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import type { Asked } from "../asked.ts";
import { type By, hostOf, nameOf, serviceOn, type TargetLike } from "./target.ts";
import type { MatcherResult } from "./verdict.ts";

export interface ReachExpectation {
  /** Absent for ICMP. */
  port?: number;
  /** Default: TCP; without a port, ICMP. */
  protocol?: Protocol;
  /** Default: the IPv4 address, so that a fault of DNS is not taken for one of the network. */
  by?: By;
  /** The caller's address that an HTTP service must have seen. */
  seenFrom?: string;
  /** Whole seconds an answer may take. */
  seconds?: number;
}

/** What is spoken. Throws UsageInvalid where a port is missing. */
export function protocolOf({ port, protocol }: Pick<Asked, "port" | "protocol">): Protocol {
  const spoken = protocol ?? (port === undefined ? "icmp" : "tcp");
  if (spoken === "icmp" || port !== undefined) return spoken;
  throw new LabError("UsageInvalid", `a connection over ${spoken} needs a port`, {
    remedy: `write { protocol: "${spoken}", port: … }; without either, ICMP is used`,
  });
}

export async function reachAs(
  from: RunningNode,
  target: TargetLike,
  { port, protocol: wanted, by = "ipv4", seconds }: ReachExpectation,
): Promise<ReachResult> {
  const protocol = protocolOf({ port, protocol: wanted });
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

/** How a connection fails. */
export type FailedOutcome = Exclude<Outcome, "reached" | "connected">;

/**
 * A real connection that the real service answers, rightly. Where the target is an address or a name, or a port
 * without a service that the lab knows, a connection is enough.
 */
export async function toReach(
  from: RunningNode,
  target: TargetLike,
  expectation: ReachExpectation = {},
): Promise<MatcherResult> {
  const seen = await reachAs(from, target, expectation);
  const isRightCaller =
    expectation.seenFrom === undefined || expectation.seenFrom === seen.seenFrom;
  return {
    pass: isReached(seen) && isRightCaller,
    message: () =>
      failure(from, target, expectation, `reached${seenText(expectation.seenFrom)}`, seen),
    expected: "reached",
    actual: seen.outcome,
    asked: { from, to: target, ...expectation },
  };
}

/** A connection that fails in one given way, or in one of some. */
export async function toFailToReach(
  from: RunningNode,
  target: TargetLike,
  expectation: ReachExpectation & { as: FailedOutcome | readonly FailedOutcome[] },
): Promise<MatcherResult> {
  const wanted: readonly string[] = [expectation.as].flat();
  const seen = await reachAs(from, target, expectation);
  return {
    pass: wanted.includes(seen.outcome),
    message: () => failure(from, target, expectation, wanted.join(" or "), seen),
    expected: expectation.as,
    actual: seen.outcome,
    asked: { from, to: target, ...expectation },
  };
}

function failure(
  from: RunningNode,
  target: TargetLike,
  expectation: ReachExpectation,
  expected: string,
  seen: ReachResult,
): string {
  const detail = seen.detail === "" ? "" : `: ${seen.detail}`;
  return `${describe(from, target, expectation)}\nexpected: ${expected}\nseen:     ${seen.outcome}${detail}${seenText(seen.seenFrom)}\noutput:   ${seen.output}`;
}

export function describe(
  from: RunningNode,
  target: TargetLike,
  { port, protocol, by }: ReachExpectation,
): string {
  const spoken = protocolOf({ port, protocol });
  const place = port === undefined ? "" : `:${port}`;
  return `${from.name} to ${nameOf(target)}${place} over ${spoken}${by === undefined ? "" : ` by ${by}`}`;
}

function seenText(address: string | null | undefined): string {
  return address == null ? "" : `, seen from ${address}`;
}
