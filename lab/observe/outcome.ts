import { isIP } from "node:net";
import { LabError } from "../errors.ts";
import type { ServiceSpec } from "../plan/plan.ts";

export type Protocol = "tcp" | "udp" | "icmp";

export interface Target {
  /** A name, resolved as programs do, or an address. */
  host: string;
  /** None for ICMP. */
  port?: number;
  protocol: Protocol;
  /** What should answer: an echo must send a nonce back, HTTP tells whom it saw. Absent: nothing is asked. */
  service?: ServiceSpec["kind"] | undefined;
  /** Which addresses of a name to take. Default: getaddrinfo's first. */
  family?: 4 | 6;
}

/**
 * - `reached`: the service answered, and rightly: the echo its nonce, HTTP a status of 2xx, DNS NOERROR
 * - `connected`: TCP connected, or a datagram was answered, where it isn't known what should answer
 * - `bad-answer`: an answer came, but not the service's: HTTP 502, TLS, another echo, SERVFAIL
 * - `closed`: accepted, then closed or reset before the answer was whole
 * - `unanswered`: accepted, then no whole answer in time
 * - `refused`: the other side said no (TCP reset, ICMP port unreachable)
 * - `timeout`: nothing came back in time; a drop by policy looks like this
 * - `unresolved`: the name has no address, or nobody who answers for it
 * - `unreachable`: no route, or a router or a firewall said so
 *
 * A check that itself failed has no outcome: it is an error, NodeFailed.
 */
export type Outcome =
  | "reached"
  | "connected"
  | "bad-answer"
  | "closed"
  | "unanswered"
  | "refused"
  | "timeout"
  | "unresolved"
  | "unreachable";

export interface ReachResult {
  outcome: Outcome;
  /** The address that was tried; null where the name did not resolve. */
  address: string | null;
  /** The caller's address as an HTTP service saw it. */
  seenFrom: string | null;
  /** From the first packet to the answer, measured in the node, with no start of a process in TCP and UDP. */
  latencyMs: number | null;
  /** What told the outcome: `HTTP status 502`, `ECONNREFUSED`; empty where the outcome says it all. */
  detail: string;
  /** The probe's own events, for a reader of a failure. */
  output: string;
}

/** Whether it is what a user calls reached; where nothing is known of the service, a connection is. */
export function isReached({ outcome }: Pick<ReachResult, "outcome">): boolean {
  return outcome === "reached" || outcome === "connected";
}

/** By the name of a failed system call's error; what is not here is no outcome but a failed check. */
const outcomeOfErrno: Record<string, Outcome> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "closed",
  EPIPE: "closed",
  ETIMEDOUT: "timeout",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  // This node's own firewall.
  EPERM: "unreachable",
  EACCES: "unreachable",
};

/** From the events that the probe printed of a target. Throws NodeFailed where the check itself failed. */
export function classify(
  from: string,
  target: Target,
  nonce: string,
  events: readonly string[],
): ReachResult {
  const all = events.map((event) => event.split(" ").map(decode));
  const output = all.map((words) => words.join(" ")).join("; ");
  const address = all.find(([name]) => name === "resolved")?.[1] ?? null;
  const isConnected = all.some(([name]) => name === "connected");
  const result = (outcome: Outcome, detail = ""): ReachResult => ({
    outcome,
    address,
    seenFrom: null,
    latencyMs: null,
    detail,
    output,
  });
  const [end, ...values] = all.at(-1) ?? [];
  const [first = "", second = "", third = ""] = values;
  switch (end) {
    case "unresolved":
      return result("unresolved", unresolvedDetail(first));
    case "timeout":
      return result(isConnected ? "unanswered" : "timeout");
    case "closed":
      return result("closed");
    case "icmp":
      return result(/port unreachable/i.test(first) ? "refused" : "unreachable", first);
    case "errno": {
      const outcome = outcomeOfErrno[second];
      if (outcome === undefined) throw probeFailed(from, `${first}: ${second}`);
      return result(outcome === "timeout" && isConnected ? "unanswered" : outcome, second);
    }
    case "answered": {
      const wrong = wrongAnswer(target, nonce, second);
      return {
        ...(wrong === undefined
          ? result(isKnown(target) ? "reached" : "connected")
          : result("bad-answer", wrong)),
        seenFrom: target.service === "http" && isIP(third) !== 0 ? third : null,
        latencyMs: Number(first) / 1000,
      };
    }
    case "broken":
      throw probeFailed(from, first.trim());
    default:
      throw probeFailed(from, `it printed ${JSON.stringify(output)}`);
  }
}

function isKnown({ protocol, service }: Target): boolean {
  return protocol === "icmp" || service !== undefined;
}

/** Why an answer is not the service's; undefined where it is. */
function wrongAnswer(
  { service, protocol }: Target,
  nonce: string,
  answer: string,
): string | undefined {
  if (protocol === "icmp") return undefined;
  switch (service) {
    case "tcp-echo":
    case "udp-echo":
      return answer === nonce ? undefined : `another echo than was sent: ${answer.slice(0, 80)}`;
    case "http":
      if (/^2\d\d$/.test(answer)) return undefined;
      return answer === "not HTTP" ? answer : `HTTP status ${answer}`;
    case "dns":
      return answer === "NOERROR" ? undefined : answer;
    case undefined:
      return undefined;
  }
}

const unresolvedDetails: Record<string, string> = {
  EAI_NONAME: "no such name",
  EAI_NODATA: "the name has no address",
  EAI_ADDRFAMILY: "the name has no address of this family",
  EAI_AGAIN: "no DNS server gave an answer",
  EAI_FAIL: "the DNS server failed",
  timeout: "no DNS server answered in time",
};

function unresolvedDetail(code: string): string {
  return unresolvedDetails[code] ?? code;
}

/** What came need not be UTF-8. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export function probeFailed(where: string, why: string): LabError {
  return new LabError("NodeFailed", `the probe itself failed: ${why}`, {
    where,
    remedy:
      "see whether the node runs and has perl and ping: tailnet-lab inspect, tailnet-lab exec",
  });
}
