import PQueue from "p-queue";
import { LabError } from "../../../lab/errors.ts";
import { accessLogOf } from "../../../lab/observe/access-log.ts";
import { reach } from "../../../lab/observe/connect.ts";
import { metricsOf } from "../../../lab/observe/metrics.ts";
import { isReached, type Protocol, type ReachResult } from "../../../lab/observe/outcome.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import { describe, protocolOf, reachAs } from "./reach.ts";
import { type By, hostOf, serviceOn } from "./target.ts";
import type { MatcherResult } from "./verdict.ts";

export interface DenialExpectation {
  /** Absent for ICMP. */
  port?: number;
  /** Default: TCP; without a port, ICMP. */
  protocol?: Protocol;
  /** Default: the IPv4 address. */
  by?: Exclude<By, "name">;
  /** What the same pair may use: shows that the path, the address and the tools are not to blame. */
  allowed: {
    port?: number;
    protocol?: Protocol;
    /** The target asks, where the policy lets only it do so. */
    back?: true;
  };
}

/** It stays denied for a while: so many attempts, one after the other, each so many seconds long. */
const attempts = 2;
const seconds = 2;
/** What is allowed gets longer, so that a busy machine is not taken for a denial. */
const allowedSeconds = 10;

/** By container: the denials that wait to be proved at it. */
const queues = new Map<string, PQueue>();

/**
 * The policy drops it, and nothing else can be the cause: the same pair reaches what it may, before and
 * after; the service is there, for itself; every attempt ends in silence; the service saw nobody; and the
 * target's counter of packets dropped by `acl` rose with each attempt. Denials at one target wait for each
 * other, so that each counts its own drops.
 */
export async function toBeDenied(
  from: RunningNode,
  target: RunningNode,
  expectation: DenialExpectation,
): Promise<MatcherResult> {
  const { id } = target.container;
  const queue = queues.get(id) ?? new PQueue({ concurrency: 1 });
  queues.set(id, queue);
  return await queue.add(() => prove(from, target, expectation));
}

async function prove(
  from: RunningNode,
  target: RunningNode,
  expectation: DenialExpectation,
): Promise<MatcherResult> {
  const { port, by = "ipv4", allowed } = expectation;
  const protocol = protocolOf(expectation);
  const service = serviceOn(target, protocol, port);
  if (protocol !== "icmp" && service === undefined) throw noService(target, protocol, port);
  const caller = await hostOf(from, by);
  const look = async () => {
    const [metrics, accesses] = await Promise.all([metricsOf(target), accessLogOf(target)]);
    const isOurs = (each: (typeof accesses)[number]) =>
      each.port === port && each.service === service && each.from === caller;
    return { dropped: metrics.droppedInbound.acl ?? 0, accesses: accesses.filter(isOurs).length };
  };
  const [asker, asked] = allowed.back ? [target, from] : [from, target];
  const control = () => reachAs(asker, asked, { by, ...allowed, seconds: allowedSeconds });

  const before = await look();
  const [denied, controlBefore, own] = await Promise.all([
    attempt(from, target, expectation),
    control(),
    protocol === "icmp" || port === undefined
      ? undefined
      : ownService(target, { port, protocol, by }),
  ]);
  const controlAfter = await control();
  const after = await look();

  const dropped = after.dropped - before.dropped;
  const seen = after.accesses - before.accesses;
  const claim = describe(from, target, expectation);
  const isControlled = [controlBefore, controlAfter].every(isReached);
  const objections = [
    ...denied
      .filter(({ outcome }) => outcome !== "timeout")
      .map(({ outcome, output }) => `an attempt ended as "${outcome}", not in silence: ${output}`),
    ...[controlBefore, controlAfter]
      .filter((result) => !isReached(result))
      .map(
        ({ outcome, output }) =>
          `no proof: ${describe(asker, asked, allowed)} should be allowed, but is "${outcome}": ${output}`,
      ),
    ...(own === undefined || isReached(own)
      ? []
      : [
          `no proof: the service does not even answer on ${target.name} itself: "${own.outcome}": ${own.output}`,
        ]),
    ...(seen === 0 ? [] : [`the service saw ${caller} ${seen} times`]),
    ...(dropped >= attempts
      ? []
      : [`of ${attempts} attempts ${dropped} were dropped at ${target.name} for reason acl`]),
  ];
  return {
    pass: objections.length === 0,
    message: () =>
      `${claim}\nexpected: denied by the policy\nseen:     ${objections.join("\n          ") || `denied, ${dropped} packets dropped`}`,
    asked: isControlled
      ? { from, to: target, ...expectation }
      : { from: asker, to: asked, ...allowed },
  };
}

async function attempt(
  from: RunningNode,
  target: RunningNode,
  expectation: DenialExpectation,
): Promise<ReachResult[]> {
  const results: ReachResult[] = [];
  while (results.length < attempts) {
    results.push(await reachAs(from, target, { ...expectation, seconds }));
  }
  return results;
}

/** The service as the target itself reaches it, which no policy forbids. */
async function ownService(
  target: RunningNode,
  { port, protocol, by }: { port: number; protocol: Protocol; by: By },
): Promise<ReachResult> {
  const host = await hostOf(target, by);
  const own = { host, port, protocol, service: serviceOn(target, protocol, port) };
  return reach(target, own, { seconds: allowedSeconds });
}

function noService(target: RunningNode, protocol: Protocol, port: number | undefined): LabError {
  return new LabError("UsageInvalid", `${target.name} serves nothing at ${protocol} ${port}`, {
    where: "toBeDenied",
    remedy: "declare a service there, which tells whom it saw: without it nothing is proved",
  });
}
