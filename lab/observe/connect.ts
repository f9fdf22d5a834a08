import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import { LabError } from "../errors.ts";
import type { ServiceSpec } from "../plan/plan.ts";
import type { RunningNode } from "../running/running-node.ts";
import { probeScript, probeTarget } from "./probe-script.ts";

export type Protocol = "tcp" | "udp" | "icmp";

export interface Target {
  /** A name, resolved as programs do, or an address. */
  host: string;
  /** None for ICMP. */
  port?: number;
  protocol: Protocol;
  /** What should answer: an echo must send a nonce back, HTTP tells whom it saw. Absent: TCP only connects. */
  service?: ServiceSpec["kind"] | undefined;
  /** Which addresses of a name to take. Default: getaddrinfo's first. */
  family?: 4 | 6;
}

/**
 * - `reached`: the service answered, rightly
 * - `refused`: the other side said no (TCP reset, ICMP port unreachable)
 * - `timeout`: nothing came back in time; a drop by policy looks like this
 * - `unresolved`: the name has no address
 * - `unreachable`: no route, or a router said so
 */
export type Outcome = "reached" | "refused" | "timeout" | "unresolved" | "unreachable";

export interface ReachResult {
  outcome: Outcome;
  /** The address that was tried; null where the name did not resolve. */
  address: string | null;
  /** The caller's address as an HTTP service saw it. */
  seenFrom: string | null;
  /** From the first packet to the answer, measured in the node, with no start of a process in TCP and UDP. */
  latencyMs: number | null;
  /** What the programs said. */
  words: string;
}

export interface ReachOptions {
  /** How long an answer may take; whole seconds. */
  seconds?: number;
  signal?: AbortSignal | undefined;
}

/** One real connection from a node to a service. A missing tool is an error, never an outcome. */
export async function reach(
  node: RunningNode,
  target: Target,
  options?: ReachOptions,
): Promise<ReachResult> {
  const [result] = await reachAll(node, [target], options);
  if (result === undefined) throw probeBroken(node.name, "it printed nothing");
  return result;
}

/** Many connections from one node at the same time, in one process of the engine's; in the targets' order. */
export async function reachAll(
  node: RunningNode,
  targets: readonly Target[],
  { seconds = 3, signal }: ReachOptions = {},
): Promise<ReachResult[]> {
  if (targets.length === 0) return [];
  const nonces = targets.map(() => randomUUID());
  const words = targets.map(({ host, port, protocol, service, family }, index) =>
    probeTarget([host, port ?? 0, protocol, service ?? "", family ?? "", nonces[index] ?? ""]),
  );
  const argv = ["perl", "-e", probeScript, "--", String(seconds), ...words];
  const {
    stdout: text,
    stderr,
    exitCode,
  } = await node.exec(argv, {
    env: { LC_ALL: "C" },
    signal,
  });
  if (exitCode !== 0) throw probeBroken(node.name, (stderr || text).trim());
  const lines = new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [number, code, said = ""] = line.split("\t");
        return [Number(number), { code: Number(code), said }] as const;
      }),
  );
  return targets.map((target, index) => {
    const line = lines.get(index);
    if (line === undefined) throw probeBroken(node.name, `no line for ${target.host}: ${text}`);
    return classify(node.name, target, nonces[index] ?? "", line.code, line.said);
  });
}

/** From what a probe printed, its lines apart by `|`, and its exit code. Throws NodeFailed for all that is no outcome. */
export function classify(
  from: string,
  target: Target,
  nonce: string,
  exitCode: number,
  said: string,
): ReachResult {
  const stages = said.split("|");
  const stage = (name: string) =>
    stages.find((line) => line === name || line.startsWith(`${name} `))?.slice(name.length + 1);
  const address = stage("resolved") ?? null;
  const result = (outcome: Outcome): ReachResult => ({
    outcome,
    address,
    seenFrom: null,
    latencyMs: null,
    words: said,
  });

  if (/No such file or directory/.test(said)) throw probeBroken(from, said);
  if (stage("unresolved") !== undefined) return result("unresolved");
  const answered = /^(\d+) ?(.*)$/.exec(stage("answered") ?? "");
  if (answered !== null && exitCode === 0) {
    const [, microseconds, reply = ""] = answered;
    const isEcho = target.service === "tcp-echo" || target.service === "udp-echo";
    if (stages.includes("closed")) return result("refused");
    if (isEcho && reply !== nonce) throw probeBroken(from, `another answer than was sent: ${said}`);
    return {
      ...result("reached"),
      seenFrom: target.service === "http" && isIP(reply) !== 0 ? reply : null,
      latencyMs: Number(microseconds) / 1000,
    };
  }
  if (/Connection refused|Connection reset|connection refused/.test(said)) return result("refused");
  if (
    /No route to host|unreachable|Operation not permitted|Cannot assign requested address/i.test(
      said,
    )
  ) {
    return result("unreachable");
  }
  if (exitCode === 124) return result(address === null ? "unresolved" : "timeout");
  if (/timed out|no servers could be reached|100% packet loss/.test(said)) return result("timeout");
  throw probeBroken(from, `exit code ${exitCode}: ${said}`);
}

function probeBroken(where: string, said: string): LabError {
  return new LabError("NodeFailed", `the probe itself failed: ${said}`, {
    where,
    remedy: "the node lacks perl, dig or ping, or the service is not what it should be",
  });
}
