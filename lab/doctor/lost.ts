import { seenValue } from "../evidence/observation.ts";
import type { Attempts, Observations } from "../evidence/observations.ts";
import type { Listened, Packet } from "../evidence/packets.ts";
import { packetText } from "../evidence/packets.ts";
import { isTailnetAddress } from "../evidence/prefix.ts";
import { isTunnel } from "../evidence/where.ts";
import { receiverOf } from "./asked.ts";
import { seen } from "./check.ts";
import type { Seen } from "./finding.ts";

/** Where on the way a packet of the question was seen by tcpdump, or should have been. */
type Place =
  | "request-sent"
  | "request-arrived"
  | "request-forwarded"
  | "request-in-lan"
  | "answer-sent"
  | "answer-in-lan"
  | "answer-in-tunnel"
  | "answer-arrived";

interface Point {
  place: Place;
  machine: string;
  isHere(packet: Packet): boolean;
  /** What is said where it was seen. */
  yes: string;
  /** What is said where it was not, and was at the point before. */
  no: string;
}

/** Up to where the packets of a question came. */
export interface Lost {
  what: string;
  /** Undefined where none was seen at all. */
  last: Place | undefined;
  /** Where they were looked for next, in vain; undefined where they came to the end, or nobody could look. */
  next: Place | undefined;
  /** Where it was seen last; where none was, who should have sent it. */
  machine: string;
  /** It left by another interface than the tunnel. */
  isBeside: boolean;
  /** In words: `the request arrived at server by tailscale0, and server sent no answer`. */
  words: string;
  /** The packets, and what was not there. */
  seen: readonly [Seen, ...Seen[]];
}

/** Where what was sent once more was lost; undefined where nobody listened, or what they heard tells nothing. */
export function lostAt(observations: Observations): Lost | undefined {
  const { attempts } = observations;
  if (attempts?.listened === undefined) return undefined;
  const { listened, question } = attempts;
  const points = pointsOf(observations, attempts);
  const [first] = points;
  // Without the one that sends nothing is known of what was sent.
  if (first === undefined || !isHeard(listened, first.machine)) return undefined;
  const index = points.findLastIndex((point) => packetAt(listened, point) !== undefined);
  const last = points[index];
  // Its kernel tracks what has gone on, though with an address that nobody listens for.
  const isTracked = unrepliedAt(observations)?.isMasqueraded === true;
  const [next] = points
    .slice(index + 1, index + 2)
    .filter(({ machine }) => isHeard(listened, machine))
    .filter(({ place }) => place !== "request-forwarded" || !isTracked);
  const { what } = listened;
  if (last === undefined) return unsent(listened, first);
  const errors = saidBy(listened, last);
  const parts = [
    last.yes,
    ...(next === undefined ? [] : [astray(listened, next, last) ?? next.no]),
  ];
  return {
    what,
    last: last.place,
    next: next?.place,
    machine: last.machine,
    isBeside: next !== undefined && astray(listened, next, last) !== undefined,
    words: [parts.join(", and "), ...errors.map(({ words }) => words)].join("; "),
    seen: [
      lineAt(listened, last),
      ...(next === undefined || next.machine === last.machine ? [] : [noneAt(listened, next)]),
      ...errors.map((each) => each.seen),
    ],
  };

  function unsent(heard: Listened, point: Point): Lost {
    const beside = packetsAt(heard, question.from).find(
      ({ kind, way, device }) => kind === "request" && way === "out" && !isTunnel(device),
    );
    return {
      what,
      last: undefined,
      next: point.place,
      machine: point.machine,
      isBeside: beside !== undefined,
      words:
        beside === undefined
          ? point.no
          : `the request left ${point.machine} by ${beside.device}, and not by its tunnel`,
      seen: [
        beside === undefined
          ? noneAt(heard, point)
          : seenIn(heard, point.machine, packetText(beside)),
      ],
    };
  }
}

/** The way there and back. */
function pointsOf(observations: Observations, attempts: Attempts): Point[] {
  const { question, target, address } = attempts;
  const receiver = receiverOf(observations);
  // Without a tunnel device, tailscaled hands over what comes by itself.
  if (receiver === undefined || seenValue(receiver.status)?.tun !== true) return [];
  const { name } = receiver.machine;
  const isBehind = address !== null && !isTailnetAddress(address) && name !== target;
  return isBehind ? wayBehind(question.from, name, target) : wayTo(question.from, name);
}

function wayTo(from: string, to: string): Point[] {
  return [...intoTunnel(from, to), answerSent(to), ...backByTunnel(from, to)];
}

/** By a router to a host; undefined where that is none of the machines that are looked at. */
function wayBehind(from: string, router: string, host: string | null): Point[] {
  return [
    ...intoTunnel(from, router),
    {
      place: "request-forwarded",
      machine: router,
      isHere: is("request", "out", false),
      yes: `${router} sent the request on`,
      no: `${router} did not send it on`,
    },
    ...(host === null
      ? []
      : [
          {
            place: "request-in-lan",
            machine: host,
            isHere: is("request", "in"),
            yes: `the request arrived at ${host}`,
            no: `it did not arrive at ${host}`,
          } as const,
          answerSent(host),
        ]),
    {
      place: "answer-in-lan",
      machine: router,
      isHere: is("answer", "in", false),
      yes: `the answer came to ${router}`,
      no: host === null ? `no answer came to ${router}` : `it did not come to ${router}`,
    },
    ...backByTunnel(from, router),
  ];
}

function intoTunnel(from: string, to: string): Point[] {
  return [
    {
      place: "request-sent",
      machine: from,
      isHere: is("request", "out", true),
      yes: `the request left ${from} by its tunnel`,
      no: `${from} sent no request into its tunnel`,
    },
    {
      place: "request-arrived",
      machine: to,
      isHere: is("request", "in", true),
      yes: `the request came out of the tunnel of ${to}`,
      no: `it did not come out of the tunnel of ${to}`,
    },
  ];
}

function answerSent(machine: string): Point {
  return {
    place: "answer-sent",
    machine,
    isHere: is("answer", "out"),
    yes: `${machine} sent an answer`,
    no: `${machine} sent no answer`,
  };
}

function backByTunnel(from: string, to: string): Point[] {
  return [
    {
      place: "answer-in-tunnel",
      machine: to,
      isHere: is("answer", "out", true),
      yes: `the answer went into the tunnel of ${to}`,
      no: `${to} did not send it into its tunnel`,
    },
    {
      place: "answer-arrived",
      machine: from,
      isHere: is("answer", "in", true),
      yes: `tried once more, it was answered, and the answer came out of the tunnel of ${from}`,
      no: `it did not come out of the tunnel of ${from}`,
    },
  ];
}

/** By a tunnel, or by another interface; by any where it is not said. */
function is(kind: Packet["kind"], way: Packet["way"], inTunnel?: boolean) {
  return (packet: Packet): boolean =>
    packet.kind === kind &&
    packet.way === way &&
    (inTunnel === undefined || isTunnel(packet.device) === inTunnel);
}

function isHeard(listened: Listened, machine: string): boolean {
  return listened.packets.get(machine)?.kind === "seen";
}

/**
 * Of what was sent again, and not of what others exchange with the same address meanwhile. Who masquerades may choose
 * another port: where none of a machine's packets has one of those that were sent, all are taken.
 */
function packetsAt(listened: Listened, machine: string): Packet[] {
  const all = seenValue(listened.packets.get(machine))?.packets ?? [];
  const sent = flowsSent(listened);
  const own = all.filter(({ flow }) => flow !== undefined && sent.has(flow));
  return own.length === 0 ? all : all.filter((each) => own.includes(each) || each.kind === "error");
}

/** Ports, or ids, of the requests that went into the tunnel of who asks, whose packets are the first. */
function flowsSent({ packets }: Listened): ReadonlySet<string> {
  const [first] = packets.values();
  const sent = (seenValue(first)?.packets ?? []).filter(is("request", "out", true));
  return new Set(sent.flatMap(({ flow }) => flow ?? []));
}

function packetAt(listened: Listened, { machine, isHere }: Point): Packet | undefined {
  return packetsAt(listened, machine).find(isHere);
}

function seenIn(listened: Listened, machine: string, line: string): Seen {
  const command = seenValue(listened.packets.get(machine))?.command ?? "tcpdump";
  return { node: machine, command, line };
}

function lineAt(listened: Listened, point: Point): Seen {
  const packet = packetAt(listened, point);
  return seenIn(listened, point.machine, packet === undefined ? "" : packetText(packet));
}

/** What is not there, where it should have been: a request, or an answer. */
function noneAt(listened: Listened, { place, machine }: Point): Seen {
  const kind = place.startsWith("request") ? "request" : "answer";
  const others = packetsAt(listened, machine).filter((packet) => packet.kind === kind);
  const [other] = others;
  return seenIn(listened, machine, other === undefined ? `no ${kind}` : packetText(other));
}

/** In words, of an answer that left by another way than the tunnel of who sent it. */
function astray(listened: Listened, next: Point, last: Point): string | undefined {
  if (next.place !== "answer-in-tunnel" || last.place !== "answer-sent") return undefined;
  const packet = packetAt(listened, last);
  if (packet === undefined || isTunnel(packet.device)) return undefined;
  return `it left by ${packet.device}, and not by its tunnel`;
}

/** What machines on the way say by ICMP of the packet, at the place where it was seen last. */
function saidBy(listened: Listened, { machine }: Point): { words: string; seen: Seen }[] {
  const error = packetsAt(listened, machine).find(
    ({ kind, way }) => kind === "error" && way === "in",
  );
  if (error === undefined) return [];
  const words = `${error.source} says: ${error.words.replace(/^ICMP6? /, "")}`;
  return [{ words, seen: seenIn(listened, machine, packetText(error)) }];
}

/** The entry of what was sent again, of the kernel of who takes it out of the tunnel: it went on, and no answer came. */
export function unrepliedAt({
  attempts,
}: Observations): { isMasqueraded: boolean; answeredTo: string; seen: Seen } | undefined {
  const { listened } = attempts ?? {};
  if (listened?.flows.kind !== "seen") return undefined;
  const sent = flowsSent(listened);
  // Others may be from before a setting was changed.
  const entry = listened.flows.value.find(
    ({ flow, isReplied }) => !isReplied && flow !== undefined && sent.has(flow),
  );
  if (entry === undefined) return undefined;
  const { answeredTo, source, line } = entry;
  return { isMasqueraded: answeredTo !== source, answeredTo, seen: seen(listened.flows, line) };
}
