import { gapOf, type Observation } from "../evidence/observation.ts";
import type { Attempts, Observations } from "../evidence/observations.ts";
import { permits } from "../evidence/packet-filter.ts";
import { isTailnetAddress } from "../evidence/prefix.ts";
import { exitNodeOf, machineOf, serverOf, tailnetAddresses } from "../evidence/where.ts";
import { answers, isHeard, receiverOf, sourceOf, works } from "./asked.ts";
import type { Check, Step } from "./check.ts";
import type { Finding } from "./finding.ts";
import { type Lost, lostAt } from "./lost.ts";
import { pathInStatus } from "./paths.ts";
import { listeners } from "./sockets.ts";

/** A step of the packet's way. */
export interface ChainStep {
  step: Step;
  state: "ok" | "failed" | "unknown";
  /** What was seen of it, in a line. */
  seen: string;
}

type Told = Omit<ChainStep, "step">;

/** The way of a packet to what was asked. A step at which a cause was found has failed. */
export function chainOf(
  observations: Observations,
  attempts: Attempts,
  found: readonly (Finding & { check: Check })[],
): ChainStep[] {
  const tellers: [Step, (seen: Observations, attempts: Attempts) => Told | undefined][] = [
    ["machine", tellMachine],
    ["name", tellName],
    ["address", tellAddress],
    ["route", tellRoute],
    ["policy", tellPolicy],
    ["path", tellPath],
    ["tunnel", tellTunnel],
    ["host-firewall", tellFirewall],
    ["service", tellService],
    ["way-back", tellWayBack],
  ];
  return tellers.flatMap(([step, tell]): ChainStep[] => {
    const cause = found.find((finding) => finding.check.step === step);
    const told = tell(observations, attempts);
    if (told === undefined) return [];
    if (cause === undefined) return [{ step, ...told }];
    return [{ step, state: "failed", seen: `${cause.node}: ${cause.what}` }];
  });
}

const ok = (seen: string): Told => ({ state: "ok", seen });
const failed = (seen: string): Told => ({ state: "failed", seen });
const unknown = (seen: string): Told => ({ state: "unknown", seen });
const why = (observation: Observation<unknown> | undefined, otherwise: string): Told =>
  unknown(observation?.kind === "unseen" ? `could not look: ${observation.why}` : otherwise);

function tellMachine(seen: Observations, { question }: Attempts): Told {
  const own = seen.tailscale.get(question.from);
  if (own === undefined) return unknown(`${question.from} runs no Tailscale`);
  if (own.status.kind !== "seen") return why(own.status, "");
  const { backendState } = own.status.value;
  const words = `tailscaled on ${question.from} is ${backendState}`;
  return backendState === "Running" ? ok(words) : failed(words);
}

function tellName(_seen: Observations, { name, system }: Attempts): Told | undefined {
  if (name === null) return undefined;
  if (system?.kind !== "seen") return why(system, "not asked");
  const [first] = system.value;
  return first === undefined ? failed(`${name} does not resolve`) : ok(`${name} is ${first}`);
}

function tellAddress(
  _seen: Observations,
  { question, address, target }: Attempts,
): Told | undefined {
  if (question.to === undefined) return undefined;
  if (address === null) return failed(`no address of ${question.to} is known`);
  return ok(target === null ? address : `${address} is ${target}'s`);
}

function tellRoute(seen: Observations, { question, address }: Attempts): Told | undefined {
  const own = seen.tailscale.get(question.from);
  if (address === null || own === undefined) return undefined;
  if (own.status.kind !== "seen") return why(own.status, "");
  if (own.status.value.self?.addresses.includes(address) === true) {
    return ok(`it is an address of ${question.from} itself`);
  }
  if (isTailnetAddress(address)) {
    const peer = own.status.value.peers.find(({ addresses }) => addresses.includes(address));
    if (peer === undefined) return failed(`${question.from} has no peer with ${address}`);
    return ok(`${question.from} has ${peer.name} as a peer`);
  }
  const server = serverOf(own, address) ?? exitNodeOf(own);
  if (server === undefined) return unknown("it does not go through the tailnet");
  return ok(`${server.name} serves ${server.prefix}`);
}

function tellPolicy(seen: Observations, { question, address }: Attempts): Told | undefined {
  if (address === null) return undefined;
  const receiver = receiverOf(seen);
  const source = sourceOf(seen, question.from, address);
  if (receiver === undefined || source === undefined) return unknown("no filter at hand");
  const name = receiver.machine.name;
  if (receiver.netmap.kind !== "seen") return why(receiver.netmap, "");
  const { packetFilter } = receiver.netmap.value;
  const packet = { source, destination: address, port: question.port, protocol: question.protocol };
  const what = question.port === undefined ? "something" : `${question.protocol}/${question.port}`;
  return permits(packetFilter, packet)
    ? ok(`${name}'s filter lets ${question.from} use ${what}`)
    : failed(`${name}'s filter has no rule for ${question.from} and ${what}`);
}

function tellPath(
  seen: Observations,
  { disco, peer, question, address }: Attempts,
): Told | undefined {
  if (disco === undefined) return undefined;
  if (disco.kind !== "seen") {
    const own = seen.tailscale.get(question.from);
    const path = own && pathInStatus(own, tailnetAddresses(seen, peer ?? ""));
    return path === undefined ? why(disco, "") : ok(`${path.kind} via ${path.via}, by its status`);
  }
  const { value } = disco;
  if (value.outcome !== "answered") {
    const [said] = value.outcome === "error" ? value.output.split("\n") : [];
    return failed(said ?? `${peer ?? address} does not answer`);
  }
  const last = value.pongs.at(-1);
  if (last === undefined) return failed(`${peer} does not answer`);
  return ok(`${last.path} via ${last.via}, ${last.latencyMs} ms`);
}

function tellTunnel(seen: Observations, attempts: Attempts): Told | undefined {
  const { tsmp, peer, address } = attempts;
  if (tsmp === undefined) return undefined;
  const name = peer ?? address;
  const lost = lostAt(seen);
  // What the policy does not allow goes no further either.
  if (lost?.next === "request-arrived" && tellPolicy(seen, attempts)?.state === "ok") {
    return failed(lostWords(lost));
  }
  if (tsmp.kind !== "seen") return why(tsmp, "");
  return tsmp.value.outcome === "answered"
    ? ok(`${name} answers within the tunnel (TSMP)`)
    : failed(`${name} does not answer within the tunnel (TSMP)`);
}

function tellFirewall(seen: Observations, attempts: Attempts): Told | undefined {
  if (attempts.address === null) return undefined;
  if (answers(attempts)) return ok("a packet came back");
  const lost = lostAt(seen);
  const receiver = receiverOf(seen);
  if (receiver === undefined) return unknown("no rules at hand");
  const gap = gapOf(receiver.firewall);
  if (gap !== undefined) return why(gap, "");
  const none = `${receiver.machine.name} has no rule that drops it`;
  const isSilent = lost?.next === "answer-sent" || lost?.next === "request-forwarded";
  return isSilent ? unknown(`${none}; ${lostWords(lost)}`) : ok(none);
}

function tellService(seen: Observations, attempts: Attempts): Told | undefined {
  const { question, target } = attempts;
  if (question.port === undefined) return undefined;
  if (works(attempts) === true) return ok(`${question.protocol}/${question.port} answers`);
  const sockets = target === null ? undefined : machineOf(seen, target)?.sockets;
  if (sockets?.kind !== "seen") return why(sockets, "the target is not at hand");
  const [first] = listeners(sockets.value, question.protocol, question.port);
  return first === undefined ? failed(`nothing listens on ${question.port}`) : ok(first.line);
}

function tellWayBack(seen: Observations, attempts: Attempts): Told | undefined {
  if (attempts.address === null) return undefined;
  const lost = lostAt(seen);
  const isLostBack = lost?.last?.startsWith("answer") === true && lost.last !== "answer-arrived";
  if (isLostBack) return failed(lostWords(lost));
  if (answers(attempts)) return ok("an answer came back");
  if (isHeard(attempts)) return ok("pings are answered");
  const { connect, icmp } = attempts;
  const tried = connect ?? icmp;
  if (tried === undefined || tried.kind === "unseen") return why(tried, "nothing was tried");
  const none = ["no answer came back", ...(lost === undefined ? [] : [lostWords(lost)])].join(": ");
  if (lost?.last === "answer-arrived") return unknown(none);
  const unheard = [...(attempts.listened?.packets ?? [])].flatMap(([name, each]) =>
    each.kind === "unseen" ? [`${name}: ${each.why}`] : [],
  );
  if (unheard.length === 0) return failed(none);
  return unknown(`${none}; could not listen on ${unheard.join("; ")}`);
}

function lostWords({ what, words }: Lost): string {
  return `${what}: ${words}`;
}
