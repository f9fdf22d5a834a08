import { setTimeout as pause } from "node:timers/promises";
import type { Tried } from "./attempt.ts";
import { type Evidence, type EvidenceSource, isMissing, type Missing } from "./evidence.ts";
import { type Observation, observe, seenValue } from "./observation.ts";
import type { Attempts, Observations } from "./observations.ts";
import { permits } from "./packet-filter.ts";
import {
  type Listened,
  listenArgv,
  listenedFrom,
  packetFilter,
  parseFlows,
  parsePackets,
  type SeenPackets,
  tcpdumpLine,
  type Wanted,
  whyDeaf,
} from "./packets.ts";
import { machineOf, ownPrefixes, tailnetAddresses } from "./where.ts";

/** What is sent again, by whom, and who listens. */
interface Trial {
  what: string;
  from: string;
  argv: readonly string[];
  /** By machine, who sends it first. */
  wanted: ReadonlyMap<string, Wanted>;
  /** What the kernel of who takes it out of the tunnel tracks of it. */
  tracked: { node: string; argv: readonly string[] };
}

/**
 * How long the machines listen, in seconds, and how long after they were told to the attempt is made, in ms. The second
 * is for a machine that is busy, where one of them had not begun.
 */
const rounds = [
  { seconds: 2.2, headStartMs: 500 },
  { seconds: 5, headStartMs: 1500 },
];
/** The size of a ping that no other has, in bytes: others may be under way. */
const unusual = 116;
/** Until the second of a trial's packets was sent; in seconds. */
const secondTry = 0.5;

/**
 * Where packets of a question are lost, though the tunnel works: what failed is tried once more, while tcpdump listens
 * on who asks, on who takes packets out of the tunnel, and on the target. Undefined where that could tell nothing.
 */
export async function listen(
  source: EvidenceSource,
  seen: Observations,
  { attempts, disco }: Tried,
  signal: AbortSignal | undefined,
): Promise<Listened | undefined> {
  const { question, tsmp } = attempts;
  const own = seen.tailscale.get(question.from);
  const trial = source.isLive ? trialOf(source, seen, attempts) : undefined;
  if (trial === undefined || seenValue(own?.status)?.tun !== true) return undefined;
  const isThere =
    seenValue(tsmp)?.outcome === "answered" || seenValue(await disco)?.outcome === "answered";
  if (!isThere) return undefined;
  return listenPatiently(source, trial, signal);
}

async function listenPatiently(
  source: EvidenceSource,
  { what, from, argv, wanted, tracked }: Trial,
  signal: AbortSignal | undefined,
): Promise<Listened | undefined> {
  const options = { isSlow: true, isAlone: true, signal };
  for (const [index, { seconds, headStartMs }] of rounds.entries()) {
    const listening = Promise.all(
      [...wanted].map(([name, each]) =>
        source.run(name, listenArgv(packetFilter(each), each.protocol, seconds), options),
      ),
    );
    // Who fails meanwhile is told by what is awaited first.
    listening.catch(() => {});
    await pause(headStartMs, undefined, { signal });
    const tried = await source.run(from, argv, options);
    const [heard, flows] = await Promise.all([
      listening,
      source.run(tracked.node, tracked.argv, options),
    ]);
    const isLate = heard.some((each) => missed(each, tried));
    if (isLate && index < rounds.length - 1) continue;
    const packets = [...wanted].flatMap(([name, each], place) => {
      const evidence = heard[place];
      return evidence === undefined ? [] : [[name, packetsOf(evidence, each, tried)] as const];
    });
    return {
      what,
      packets: new Map(packets),
      flows: observe(flows, ({ stdout }) => parseFlows(stdout)),
    };
  }
  return undefined;
}

/** What failed, to be sent again; undefined where nothing did, or it was answered by a refusal. */
function trialOf(
  source: EvidenceSource,
  seen: Observations,
  attempts: Tried["attempts"],
): Trial | undefined {
  const { address, question, peer, target } = attempts;
  const sent = address === null ? undefined : sentAgain(attempts, address);
  if (address === null || sent === undefined || peer === undefined) return undefined;
  if (isDenied(seen, attempts, address, peer)) return undefined;
  const { from } = question;
  const router = target === peer ? undefined : machineOf(seen, peer);
  const ends = [
    ...tailnetAddresses(seen, from),
    ...(router === undefined ? [] : ownPrefixes(router).map((each) => each.address)),
  ];
  const places = [...new Set([from, peer, target])].filter((name) =>
    source.machines.some((machine) => machine.name === name),
  );
  const wanted = places.map((name) => {
    // What goes there from the machine that asks is its own, whatever its source.
    const peers = name === from ? [] : ends;
    return [name ?? "", { address, peers, protocol: question.protocol, ...sent.only }] as const;
  });
  const family = address.includes(":") ? "ipv6" : "ipv4";
  const tracked = { node: peer, argv: ["conntrack", "-L", "-f", family, "-d", address] };
  return { what: sent.what, from, argv: sent.argv, wanted: new Map(wanted), tracked };
}

/** Whether tailscaled drops it where it comes out of the tunnel, by the policy: tcpdump sees none of that. */
function isDenied(
  seen: Observations,
  { question: { from, port, protocol } }: Pick<Attempts, "question">,
  destination: string,
  peer: string,
): boolean {
  const netmap = seenValue(seen.tailscale.get(peer)?.netmap);
  if (netmap === undefined || port === undefined) return false;
  return !tailnetAddresses(seen, from).some((source) =>
    permits(netmap.packetFilter, { source, destination, port, protocol }),
  );
}

function sentAgain(
  { connect, icmp, sizes, question }: Pick<Attempts, "connect" | "icmp" | "sizes" | "question">,
  address: string,
): { what: string; argv: string[]; only: Pick<Wanted, "port" | "bytes"> } | undefined {
  const { port, protocol } = question;
  const header = address.includes(":") ? 48 : 28;
  const pings = (bytes: number, ...options: string[]) =>
    ["ping", "-n", "-c", "3", "-i", "0.3", "-W", "0.6", ...options, "-s"].concat(
      String(bytes - header),
      address,
    );
  if (port !== undefined && seenValue(connect) === "timeout") {
    return {
      what: `${protocol}/${port}`,
      argv: ["sh", "-c", twice(connectLine(address, port, protocol))],
      only: { port },
    };
  }
  const lost = lostSize(sizes);
  const isUnpinged = port === undefined && seenValue(icmp)?.received === 0;
  if (isUnpinged && seenValue(icmp)?.error === null) {
    return { what: "pings", argv: pings(unusual), only: { bytes: unusual } };
  }
  if (lost === undefined) return undefined;
  return { what: `pings of ${lost} bytes`, argv: pings(lost, "-M", "do"), only: { bytes: lost } };
}

/** The smallest packet that is lost, where smaller ones pass and nobody says why. */
function lostSize(sizes: Attempts["sizes"] = []): number | undefined {
  const values = sizes.map(({ bytes, result }) => ({ bytes, value: seenValue(result) }));
  const isCliff = values.some(({ value }) => (value?.received ?? 0) > 0);
  const lost = values.find(({ value }) => value?.received === 0 && value.error === null);
  return isCliff ? lost?.bytes : undefined;
}

function connectLine(address: string, port: number, protocol: "tcp" | "udp"): string {
  return protocol === "tcp"
    ? `nc -vz -w 1 ${address} ${port}`
    : `printf x | nc -u -w 1 ${address} ${port}`;
}

function twice(line: string): string {
  return `${line} & sleep 0.4; ${line}; wait`;
}

/** Whether a machine listened, and not while the attempt was made. */
function missed(heard: Evidence | Missing, tried: Evidence | Missing): boolean {
  const during = isMissing(heard) ? undefined : listenedFrom(heard.stdout);
  if (during === undefined || isMissing(tried)) return false;
  const at = Date.parse(tried.at) / 1000;
  return during.from > at || during.until < at + secondTry;
}

function packetsOf(
  heard: Evidence | Missing,
  wanted: Wanted,
  tried: Evidence | Missing,
): Observation<SeenPackets> {
  const command = tcpdumpLine(wanted);
  const unseen = (why: string) =>
    ({ kind: "unseen", node: heard.node, argv: ["sh", "-c", command], why }) as const;
  if (isMissing(heard)) return unseen(heard.why);
  if (isMissing(tried)) return unseen(`nothing could be tried: ${tried.why}`);
  const why = whyDeaf(heard.stdout);
  if (why !== undefined) return unseen(why);
  if (missed(heard, tried)) return unseen("it did not listen while the attempt was made");
  return observe(heard, ({ stdout }) => ({
    command,
    packets: parsePackets(stdout, wanted.address),
  }));
}
