import { LabError } from "../../lab/errors.ts";
import { reach } from "../../lab/observe/connect.ts";
import type { Target } from "../../lab/observe/outcome.ts";
import { lastPath, pingPeer } from "../../lab/observe/ping.ts";
import { resolveName } from "../../lab/observe/resolve.ts";
import { targetOf } from "../../lab/observe/target.ts";
import { slowBelowKbit, type Transfer, transfer } from "../../lab/observe/transfer.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Attempt, Result } from "./case.ts";

/** What came of an attempt. */
export interface Tried {
  result: Result;
  /** More of it, for a reader; empty where the result says it all. */
  detail: string;
}

/** How long a user waits for a command of his own. */
const commandSeconds = 15;
/** Pings that look for a direct path, a second apart; one that is there answers at once. */
const pings = 8;

/** Tries as the victim does. Throws LabError where the attempt itself could not be made. */
export async function attempt(
  lab: RunningLab,
  what: Attempt,
  signal?: AbortSignal,
): Promise<Tried> {
  switch (what.kind) {
    case "connect": {
      const target = await connectTarget(lab, what);
      const { outcome, detail } = await reach(lab.node(what.from), target, { signal });
      return { result: outcome, detail };
    }
    case "seen-from": {
      const target = await targetOf(lab, `${what.to}:${what.port}`, "tcp");
      const http = { ...target, service: "http" as const };
      const { outcome, seenFrom, detail } = await reach(lab.node(what.from), http, { signal });
      return { result: seenFrom ?? outcome, detail };
    }
    case "resolve":
      return resolve(lab, what.from, what.name, signal);
    case "path": {
      const node = lab.node(what.from);
      const { host } = await tailnetTarget(lab, what.to);
      const result = await pingPeer(node, host, { count: pings, signal });
      if (result.outcome === "error") return { result: "no-reply", detail: result.output };
      const seen = lastPath(result, what.from, what.to);
      if (seen === undefined) return { result: "no-reply", detail: "" };
      const path = seen.path === "derp" ? `derp:${seen.via}` : seen.path;
      return { result: path, detail: `via ${seen.via}` };
    }
    case "transfer": {
      const { host } = await targetOf(lab, `${what.to}:${what.port}`, "tcp");
      const { port, kilobytes } = what;
      const done = await transfer(lab.node(what.from), { host, port, kilobytes }, { signal });
      return { result: done.outcome, detail: transferDetail(done) };
    }
    case "command": {
      const { exitCode, stdout, stderr } = await lab
        .node(what.on)
        .exec(["timeout", String(commandSeconds), "sh", "-c", what.run], { signal });
      const words = `${stderr}\n${stdout}`.trim().split("\n").slice(0, 3).join("; ");
      return { result: exitCode === 0 ? "succeeds" : "fails", detail: words };
    }
  }
}

/** In a few words: `laptop connects to printer:80`. */
export function describeAttempt(what: Attempt): string {
  switch (what.kind) {
    case "connect": {
      const { from, to, port, protocol = "tcp", byName } = what;
      const place = port === undefined ? to : `${to}:${port}`;
      const how = byName === true ? " by its name" : "";
      return `${from} connects to ${place}${how} over ${protocol}`;
    }
    case "seen-from":
      return `whom ${what.to}:${what.port} sees when ${what.from} calls`;
    case "resolve":
      return `${what.from} looks up ${what.name}`;
    case "path":
      return `the path from ${what.from} to ${what.to}`;
    case "transfer":
      return `${what.from} sends ${what.kilobytes} kB to ${what.to}:${what.port} and back`;
    case "command":
      return `on ${what.on}: ${what.run}`;
  }
}

/** Whether a result is one of those expected; `derp` stands for any relay. */
export function isResult(result: Result, expected: Result | readonly Result[]): boolean {
  return [expected].flat().some((each) => result === each || result.startsWith(`${each}:`));
}

function transferDetail(done: Transfer): string {
  switch (done.outcome) {
    case "fast":
    case "slow":
      return `${done.kbitPerSecond} kbit/s; slow is below ${slowBelowKbit}`;
    case "stalls":
      return `${done.receivedKilobytes} kB came back, then nothing more`;
    case "closed":
      return "the connection was closed";
    case "no-connection":
      return done.error;
  }
}

async function connectTarget(
  lab: RunningLab,
  what: Extract<Attempt, { kind: "connect" }>,
): Promise<Target> {
  const { to, port, protocol = "tcp", byName = false } = what;
  if (protocol === "icmp") {
    const { host } = isNode(lab, to) ? await tailnetTarget(lab, to) : { host: to };
    return { host: byName ? nameOf(lab, to) : host, protocol };
  }
  const text = port === undefined ? to : `${to}:${port}`;
  const target = await targetOf(lab, text, protocol);
  return byName ? { ...target, host: nameOf(lab, to) } : target;
}

/** A node's address, as a target that needs no port. */
async function tailnetTarget(lab: RunningLab, to: string): Promise<{ host: string }> {
  // Any port: only the address is used.
  return targetOf(lab, `${to}:1`, "tcp");
}

function isNode(lab: RunningLab, name: string): boolean {
  return lab.nodes.some((node) => node.name === name);
}

function nameOf(lab: RunningLab, node: string): string {
  const { tailnet } = lab.node(node).spec;
  return tailnet === undefined ? node : `${tailnet.hostname}.${tailnet.domain}`;
}

/** As programs ask; where that finds nothing, the code that the system's own DNS servers give. */
async function resolve(
  lab: RunningLab,
  from: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Tried> {
  const node = lab.node(from);
  // An own limit: the system's resolver waits long for a server that is silent.
  const argv = ["dig", "+search", "+tries=1", "+time=4", name, "A"];
  const [addresses, dig] = await Promise.all([
    resolveName(node, name, { signal }).catch(notResolved),
    node.exec(argv, { signal }),
  ]);
  if (addresses.length > 0) return { result: "resolved", detail: addresses.join(" ") };
  const status = /status: ([A-Z]+)/.exec(dig.stdout)?.[1] ?? "NOANSWER";
  return { result: status === "NOERROR" ? "no-address" : status, detail: "" };
}

function notResolved(error: unknown): string[] {
  if (error instanceof LabError && error.name === "NodeFailed") return [];
  throw error;
}
