import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import { type PingResult, parsePing } from "../observe/ping.ts";
import { parseAhosts, parseDig } from "../observe/resolve.ts";
import { evidenceCommands } from "./commands.ts";
import type { Evidence, EvidenceSource, Missing } from "./evidence.ts";
import { type Observation, observe } from "./observation.ts";
import type {
  Attempts,
  ConnectResult,
  Counters,
  IcmpResult,
  Observations,
  TailscaleObservations,
} from "./observations.ts";
import { isAddress, isTailnetAddress } from "./prefix.ts";
import type { Question } from "./question.ts";
import { parseNstat, parseSockets } from "./sockets.ts";
import { exitNodeOf, ownAddresses, ownerOf, serverOf, tailnetAddresses } from "./where.ts";
import { wholeFirewall } from "./whole-firewall.ts";

/** Of a packet: small; as some tunnels have it; the tunnel's smallest of IPv6; as large as the tunnel takes. */
const sizes = [600, 1000, 1200, 1280];
/** Seconds that an answer may take. */
const patience = 2;
/** What two nodes usually take to find a direct path; in ms. */
const directPathMs = 600;

/** What was tried, and what is still under way: pings by the tailnet's own paths take a second more. */
export interface Tried {
  attempts: Omit<Attempts, "disco" | "measured" | "listened">;
  disco: Promise<Attempts["disco"]>;
}

/**
 * Tries what a question is about, from its machine: names, a connection, pings of each kind and size.
 * Throws UsageInvalid where the machine is not there.
 */
export async function attempt(
  source: EvidenceSource,
  seen: Observations,
  question: Question,
  signal: AbortSignal | undefined,
): Promise<Tried> {
  const { from, to, port, protocol } = question;
  const names = source.machines.map((machine) => machine.name);
  if (!names.includes(from)) {
    throw new LabError("UsageInvalid", `there is no machine ${from}`, {
      where: from,
      remedy: chooseFrom(from, names, "there are none"),
    });
  }
  const none = { question, address: null, target: null, name: null };
  const nothing = Promise.resolve(undefined);
  if (to === undefined) return { attempts: none, disco: nothing };
  const run = async <Value>(
    node: string,
    argv: readonly string[],
    parse: (evidence: Evidence) => Value,
    timeoutMs = 4 * patience * 1000,
  ): Promise<Observation<Value>> => {
    const evidence = await source.run(node, argv, { isSlow: true, timeoutMs, signal });
    return observe(evidence, parse, { anyExitCode: true });
  };
  const tried = names.includes(to)
    ? { ...none, target: to, address: addressOf(seen, to) ?? null }
    : isAddress(to)
      ? { ...none, address: to, target: ownerOf(seen, to) ?? null }
      : await attemptName(to);

  async function attemptName(name: string) {
    const [system, magicDns] = await Promise.all([
      run(from, ["getent", "ahosts", name], ({ stdout }) => parseAhosts(stdout), 6000),
      run(
        from,
        ["dig", "+tries=1", `+time=${patience}`, "@100.100.100.100", name, "A"],
        ({ stdout }) => parseDig(stdout, "A"),
      ),
    ]);
    const found = [
      ...(system.kind === "seen" ? system.value : []),
      ...(magicDns.kind === "seen" ? magicDns.value.answers : []),
      ...(source.isLive ? [] : addressesNamed(seen.tailscale.get(from), name)),
    ];
    const address = found.find((each) => each.includes(".")) ?? found[0] ?? null;
    const target = address === null ? null : (ownerOf(seen, address) ?? null);
    return { ...none, name, system, magicDns, address, target };
  }

  async function countersOf(machines: readonly string[]): Promise<Map<string, Counters>> {
    const options = { signal };
    const counters = await Promise.all(
      machines.map(async (name) => {
        const [nft, iptables, drops, sockets] = await Promise.all([
          source.run(name, evidenceCommands.firewall.argv, options),
          source.run(name, evidenceCommands.iptables.argv, options),
          source.run(name, evidenceCommands.drops.argv, options),
          source.run(name, evidenceCommands.sockets.argv, options),
        ]);
        const counted: Counters = {
          firewall: wholeFirewall(nft, iptables),
          reversePathDrops: observe(drops, ({ stdout }) => parseNstat(stdout)),
          sockets: observe(sockets, ({ stdout }) => parseSockets(stdout)),
        };
        return [name, counted] as const;
      }),
    );
    return new Map(counters);
  }

  const { address } = tried;
  if (address === null) {
    return { attempts: { ...tried, after: await countersOf([from]) }, disco: nothing };
  }
  const connect = (node: string) =>
    port === undefined ? undefined : run(node, connectArgv(address, port, protocol), connectResult);
  const icmp = (node: string) =>
    run(node, ["ping", "-n", "-c", "2", "-i", "0.3", "-W", "1", address], icmpResult);
  const own = seen.tailscale.get(from);
  const server =
    own === undefined || isTailnetAddress(address)
      ? undefined
      : (serverOf(own, address) ?? exitNodeOf(own));
  const isItself = tailnetAddresses(seen, from).includes(address);
  const peer = isTailnetAddress(address) && !isItself ? address : server?.address;
  const ping = (...options: string[]) =>
    peer === undefined || own === undefined
      ? undefined
      : run(from, ["tailscale", "ping", ...options, peer], readPing);
  /**
   * The first has the two look for a direct path; the second, unless it was found at once, may take it. Where neither
   * is answered, a last one waits longer: on a machine that is busy a relay may take a second.
   */
  async function pingPatiently(node: string): Promise<Observation<PingResult>> {
    const options = { isSlow: true, isAlone: true, timeoutMs: 4000 * patience, signal };
    const once = (seconds: number) => {
      const argv = ["tailscale", "ping", "-c", "1", "--timeout", `${seconds}s`, node];
      return source.run(from, argv, options);
    };
    const first = once(1);
    const isEnough = await Promise.race([first.then(() => true), pause(directPathMs)]);
    const runs = isEnough === true ? [await first] : await Promise.all([first, once(1)]);
    const pinged = joined(runs);
    if (pinged.kind === "unseen" || pinged.value.outcome !== "no-reply") return pinged;
    return joined([...runs, await once(patience)]);
  }
  const header = address.includes(":") ? 48 : 28;
  const isAtHand = server !== undefined && names.includes(server.name);
  const disco = peer === undefined || own === undefined ? nothing : pingPatiently(peer);
  // Who fails meanwhile is told by what is awaited first.
  disco.catch(() => {});
  const [connected, pinged, bySize, tsmp, routerConnected, routerPinged] = await Promise.all([
    connect(from),
    icmp(from),
    Promise.all(
      sizes.map(async (bytes) => ({
        bytes,
        result: await run(
          from,
          ["ping", "-n", "-M", "do", "-c", "2", "-i", "0.3", "-W", "1", "-s"].concat(
            String(bytes - header),
            address,
          ),
          icmpResult,
        ),
      })),
    ),
    ping("--tsmp", "-c", "1", "--timeout", `${patience}s`),
    isAtHand ? connect(server.name) : undefined,
    isAtHand ? icmp(server.name) : undefined,
  ]);
  const peerName = isTailnetAddress(address)
    ? (tried.target ?? peerWith(own, address))
    : server?.name;
  const onTheWay = [...new Set([from, peerName, tried.target])].filter(
    (name) => name != null && names.includes(name),
  ) as string[];
  const attempts = {
    ...tried,
    after: await countersOf(onTheWay),
    icmp: pinged,
    sizes: bySize,
    ...(connected === undefined ? {} : { connect: connected }),
    ...(tsmp === undefined ? {} : { tsmp }),
    ...(peerName == null ? {} : { peer: peerName }),
    ...(routerPinged === undefined
      ? {}
      : {
          fromRouter: {
            icmp: routerPinged,
            ...(routerConnected === undefined ? {} : { connect: routerConnected }),
          },
        }),
  };
  return { attempts, disco };
}

/** Several runs of one command, as one of them all. */
function joined(runs: readonly (Evidence | Missing)[]): Observation<PingResult> {
  const ran = runs.filter((each) => "stdout" in each);
  const [first] = runs;
  const last = ran.at(-1) ?? first;
  if (last === undefined) throw new Error("nothing was run");
  const all = (stream: "stdout" | "stderr") => ran.map((each) => each[stream]).join("\n");
  const whole = "why" in last ? last : { ...last, stdout: all("stdout"), stderr: all("stderr") };
  return observe(whole, readPing, { anyExitCode: true });
}

/** `tailscale ping` tells of what it got on one stream, and of what it did not on the other. */
export function readPing({ stdout, stderr }: Evidence): PingResult {
  return parsePing(`${stdout}\n${stderr}`);
}

/** As the node itself calls its peer: a machine that can't be looked at. */
function peerWith(own: TailscaleObservations | undefined, address: string): string | undefined {
  if (own?.status.kind !== "seen") return undefined;
  return own.status.value.peers.find(({ addresses }) => addresses.includes(address))?.name;
}

/**
 * Of whom a name is by what a node knows of its tailnet, where nobody can resolve it: its name in MagicDNS, whole or
 * without the domain, else what it calls itself.
 */
function addressesNamed(own: TailscaleObservations | undefined, name: string): readonly string[] {
  if (own?.status.kind !== "seen") return [];
  const { self, peers } = own.status.value;
  const all = [self, ...peers].filter((node) => node !== undefined);
  const asked = name.toLowerCase().replace(/\.$/, "");
  const isAsked = (each: string | undefined) => each !== "" && each?.toLowerCase() === asked;
  const named =
    all.find(({ dnsName }) => isAsked(dnsName) || isAsked(dnsName.split(".")[0])) ??
    all.find(({ hostname }) => isAsked(hostname));
  return named?.addresses ?? [];
}

/** In the tailnet for a node, in its LAN for a host. */
function addressOf(seen: Observations, name: string): string | undefined {
  const host = seen.hosts.get(name) ?? seen.control;
  if (seen.tailscale.has(name)) return tailnetAddresses(seen, name)[0];
  return host === undefined ? undefined : ownAddresses(host)[0];
}

function connectArgv(address: string, port: number, protocol: "tcp" | "udp"): string[] {
  if (protocol === "tcp") return ["nc", "-vz", "-w", String(patience), address, String(port)];
  return ["sh", "-c", `printf x | nc -u -w ${patience} ${address} ${port}`];
}

function connectResult({ argv, exitCode, stdout, stderr }: Evidence): ConnectResult {
  if (exitCode === null) return "timeout";
  if (argv[0] === "sh") {
    if (stdout !== "") return "connected";
    return exitCode === 0 ? "timeout" : "refused";
  }
  if (exitCode === 0) return "connected";
  if (/refused/.test(stderr)) return "refused";
  // Permission denied: a rule or a route says `prohibit`.
  if (/unreachable|no route to host|not permitted|permission denied|invalid argument/i.test(stderr))
    return "unreachable";
  if (/timed out|in progress/.test(stderr)) return "timeout";
  throw new Error(stderr.trim());
}

/** `ping -n -c`. */
function icmpResult({ stdout, stderr, exitCode }: Evidence): IcmpResult {
  const received = Number(/(\d+) received/.exec(stdout)?.[1] ?? 0);
  const error =
    /^(?:ping: )?.*(?:error: |connect: |unreachable|prohibited|exceeded|Frag needed|local firewall rules).*$/im.exec(
      `${stderr}\n${stdout}`,
    )?.[0] ?? null;
  if (exitCode !== null && exitCode > 1 && error === null) throw new Error(stderr.trim());
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1]));
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  return { received, latencyMs: median ?? null, error: error?.trim() ?? null };
}
