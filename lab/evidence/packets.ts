import type { Observation } from "./observation.ts";

/** An attempt that had failed, made again while tcpdump listened on the machines of its way. */
export interface Listened {
  /** What was sent: `tcp/80`, `pings`, `pings of 1280 bytes`. */
  what: string;
  /** By machine: what was seen there. */
  packets: ReadonlyMap<string, Observation<SeenPackets>>;
  /** What the kernel of who takes packets out of the tunnel tracks of those from who asks to the address. */
  flows: Observation<TrackedFlow[]>;
}

export interface SeenPackets {
  /** As a user would type it. */
  command: string;
  packets: Packet[];
}

export interface Packet {
  device: string;
  way: "in" | "out";
  source: string;
  destination: string;
  /** To what was asked, from there, or what a machine on the way says about it by ICMP. */
  kind: "request" | "answer" | "error";
  /** By which packets of one connection, or of one ping, know each other: the port of who asks, or an id. */
  flow: string | undefined;
  /** Of tcpdump, without what changes with each packet: `ICMP echo request`, `Flags [S]`. */
  words: string;
}

/** A line of `conntrack -L`: addresses as the packet came in, and as its answer must be. */
export interface TrackedFlow {
  protocol: string;
  source: string;
  destination: string;
  /** Where an answer must go to: not the source, where the machine masquerades. */
  answeredTo: string;
  isReplied: boolean;
  /** As a packet's. */
  flow: string | undefined;
  /** As conntrack prints it, as far as it does not change with each second. */
  line: string;
}

/** What of a machine's packets is listened to. */
export interface Wanted {
  address: string;
  /** The other ends that they may have; none: whoever it is. */
  peers: readonly string[];
  /** Absent: pings. */
  port?: number | undefined;
  protocol: "tcp" | "udp";
  /** Of pings: the whole packet's. */
  bytes?: number | undefined;
}

/**
 * A filter for tcpdump that lets through headers alone: of TCP what opens or refuses a connection, of UDP what tcpdump
 * prints no content of (`-q`), of ICMP echoes, and errors about such packets.
 */
export function packetFilter(wanted: Wanted): string {
  const { address, peers } = wanted;
  const isSix = address.includes(":");
  const ends = peers.filter((peer) => peer.includes(":") === isSix).map((peer) => `host ${peer}`);
  const own = [
    isSix ? "ip6" : "ip",
    `host ${address}`,
    ...(ends.length === 0 ? [] : [`(${ends.join(" or ")})`]),
    isSix ? wantedSix(wanted) : wantedFour(wanted),
  ].join(" and ");
  return `(${own}) or (${isSix ? errorsSix(address) : errorsFour(address)})`;
}

function wantedFour({ port, protocol, bytes }: Wanted): string {
  if (port === undefined) {
    const echoes = "(icmp[0] = 8 or icmp[0] = 0)";
    return bytes === undefined ? echoes : `${echoes} and ip[2:2] = ${bytes}`;
  }
  if (protocol === "udp") return `udp port ${port}`;
  return `tcp port ${port} and tcp[tcpflags] & (tcp-syn|tcp-rst) != 0`;
}

/** The transport's header begins at 40, which filters of ports and flags need be told. */
function wantedSix({ port, protocol, bytes }: Wanted): string {
  if (port === undefined) {
    const echoes = "icmp6 and (ip6[40] = 128 or ip6[40] = 129)";
    return bytes === undefined ? echoes : `${echoes} and ip6[4:2] = ${bytes - 40}`;
  }
  if (protocol === "udp") return `udp port ${port}`;
  return `tcp port ${port} and ip6[53] & 6 != 0`;
}

/** An error has the head of the packet that it is about: of that, the source or the destination. */
function errorsFour(address: string): string {
  const word = address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
  return `(icmp[0] = 3 or icmp[0] = 11) and (icmp[20:4] = 0x${word} or icmp[24:4] = 0x${word})`;
}

function errorsSix(address: string): string {
  return `icmp6 and ip6[40] < 5 and host ${address}`;
}

/** As a user would type it, who may see more than headers. */
export function tcpdumpLine({ address, port, protocol }: Wanted): string {
  const icmp = address.includes(":") ? "icmp6" : "icmp";
  const packets = port === undefined ? icmp : `(${protocol} port ${port} or ${icmp})`;
  return `tcpdump -i any -nn 'host ${address} and ${packets}'`;
}

/**
 * Listens for so long, and says from when to when it did. As root: it drops to another user else, whom a container's
 * root may not be allowed to end.
 */
export function listenArgv(filter: string, protocol: "tcp" | "udp", seconds: number): string[] {
  const options = `-i any -nn -tt -l --immediate-mode -Z root -s 96 -c 60${protocol === "udp" ? " -q" : ""}`;
  const script = `timeout ${seconds} tcpdump ${options} '${filter}' 2>&1 |
while IFS= read -r line; do
  case $line in "listening on "*) line="$line at $(date +%s.%N)" ;; esac
  printf '%s\\n' "$line"
done
echo "ended at $(date +%s.%N)"`;
  return ["sh", "-c", script];
}

/** From when to when tcpdump listened, in seconds; undefined where it did not. */
export function listenedFrom(text: string): { from: number; until: number } | undefined {
  const from = /^listening on .* at ([\d.]+)$/m.exec(text)?.[1];
  const until = /^ended at ([\d.]+)$/m.exec(text)?.[1];
  if (from === undefined || until === undefined) return undefined;
  return { from: Number(from), until: Number(until) };
}

/** Why nothing of what it printed counts; undefined where it does. */
export function whyDeaf(text: string): string | undefined {
  if (listenedFrom(text) === undefined) {
    const said = text.split("\n").filter((line) => line !== "" && !line.startsWith("ended at "));
    return said.at(-1) ?? "it said nothing";
  }
  // Before 4.99.
  return text.includes("LINUX_SLL2") ? undefined : "this tcpdump tells no interfaces";
}

/** What tcpdump printed of packets to and from an address. */
export function parsePackets(text: string, address: string): Packet[] {
  return text.split("\n").flatMap((line) => {
    const parts = /^\d+\.\d+ (\S+)\s+(\S+)\s+IP6? (\S+) > (\S+): (.*)$/.exec(line);
    if (parts === null) return [];
    const [, device = "", way = "", from = "", to = "", said = ""] = parts;
    const [[source, sourcePort], [destination, port]] = [endOf(from), endOf(to)];
    const [words = said] = said.replace(/^ICMP6, /, "ICMP6 ").split(",");
    const kind = isIcmpError(words)
      ? "error"
      : destination === address
        ? "request"
        : source === address
          ? "answer"
          : undefined;
    if (kind === undefined) return [];
    const id = /^ICMP.*, (id \d+)/.exec(said)?.[1];
    const flow = id ?? (kind === "request" ? sourcePort : port);
    const isOut = way === "Out";
    return [{ device, way: isOut ? "out" : "in", source, destination, kind, flow, words } as const];
  });
}

function isIcmpError(words: string): boolean {
  return /^ICMP6?[ ,].*(?:unreachable|exceeded|need to frag|too big|prohibited)/i.test(words);
}

/** Address and port: `10.0.0.1.80`, `fd00::1.80`, or the address alone. */
function endOf(end: string): [address: string, port: string | undefined] {
  const [, address = end, port] =
    /^([\da-f:]*:[\da-f:]*|\d+(?:\.\d+){3})(?:\.(\d+))?$/.exec(end) ?? [];
  return [address, port];
}

/** A packet in a line, as tcpdump prints it but for what changes with each. */
export function packetText({ device, way, source, destination, words }: Packet): string {
  return `${device} ${way === "in" ? "In" : "Out"} IP ${source} > ${destination}: ${words}`;
}

/** `conntrack -L` */
export function parseFlows(text: string): TrackedFlow[] {
  return text.split("\n").flatMap((line) => {
    const ends = [...line.matchAll(/\bsrc=(\S+) dst=(\S+)/g)];
    const [original, reply] = ends;
    if (original === undefined || reply === undefined) return [];
    const [, source = "", destination = ""] = original;
    const protocol = line.trim().split(/\s+/)[0] ?? "";
    const state = /\b[A-Z][A-Z_]{3,}\b/.exec(line.split("src=")[0] ?? "")?.[0];
    const isReplied = !line.includes("[UNREPLIED]");
    const words = [
      protocol,
      ...(state === undefined ? [] : [state]),
      original[0],
      ...(isReplied ? [] : ["[UNREPLIED]"]),
      reply[0],
    ];
    const [, port, id] = /\bsport=(\d+)|\bid=(\d+)/.exec(line) ?? [];
    const flow = id === undefined ? port : `id ${id}`;
    const answeredTo = reply[2] ?? "";
    return [{ protocol, source, destination, answeredTo, isReplied, flow, line: words.join(" ") }];
  });
}
