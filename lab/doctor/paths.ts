import type { TailscaleObservations } from "../evidence/observations.ts";
import type { SeenLine } from "../evidence/reader.ts";
import { ownAddresses, tailnetAddresses } from "../evidence/where.ts";
import { pathInUse } from "../running/status.ts";
import type { Look } from "./check.ts";

/** A pair that was asked about, where each ping was answered by relay; in a capture, where its status says so. */
export interface RelayedPair {
  from: TailscaleObservations;
  to: TailscaleObservations;
  /** The region's code. */
  via: string;
  /** Of the last ping; undefined in a capture. */
  latencyMs: number | undefined;
  /** What says that it is relayed. */
  seen: SeenLine;
  /** Whether pings went on long enough for a direct path to be found. */
  isPatient: boolean;
}

/** Undefined where the question is about no pair, one end is not at hand, or a direct path or peer relay was found. */
export function relayedPair({ observations }: Look): RelayedPair | undefined {
  const { attempts, tailscale, isLive } = observations;
  const { disco, measured, peer, question } = attempts ?? {};
  if (!question || !peer) return undefined;
  const [from, to] = [tailscale.get(question.from), tailscale.get(peer)];
  if (from === undefined || to === undefined) return undefined;
  if (!isLive && disco?.kind === "unseen" && disco.evidence === undefined) {
    const path = pathInStatus(from, tailnetAddresses(observations, peer));
    if (path?.kind !== "derp") return undefined;
    return { from, to, via: path.via, latencyMs: undefined, seen: path.seen, isPatient: false };
  }
  if (disco?.kind !== "seen" || disco.value.outcome !== "answered") return undefined;
  const more = measured?.disco;
  const later = more?.kind === "seen" && more.value.outcome === "answered" ? more.value.pongs : [];
  const pongs = [...disco.value.pongs, ...later];
  const last = pongs.at(-1);
  if (last === undefined || pongs.some(({ path }) => path !== "derp")) return undefined;
  const { via, latencyMs } = last;
  const seen = {
    node: question.from,
    command: `tailscale ping ${peer}`,
    line: `via DERP(${via}) in ${latencyMs}ms`,
  };
  return { from, to, via, latencyMs, seen, isPatient: later.length > 0 };
}

/** The path to a peer by the node's status, where packets go now; undefined where none do. */
export function pathInStatus(
  { status, machine }: TailscaleObservations,
  addresses: readonly string[],
): { kind: "direct" | "derp" | "peer-relay"; via: string; seen: SeenLine } | undefined {
  if (status.kind !== "seen") return undefined;
  const peer = status.value.peers.find((each) =>
    each.addresses.some((address) => addresses.includes(address)),
  );
  const used = peer === undefined ? undefined : pathInUse(peer);
  if (peer === undefined || used === undefined || used.via === "") return undefined;
  const { name, active, directTo, homeRelay } = peer;
  const line = `"HostName": "${name}", "Active": ${active}, "CurAddr": "${directTo}", "Relay": "${homeRelay}"`;
  return {
    kind: used.path,
    via: used.via,
    seen: { node: machine.name, command: "tailscale status --json", line },
  };
}

export type Nat = "none" | "easy" | "hard";

/** What stands between a node and the internet, by STUN; undefined where netcheck can't tell. */
export function natOf(node: TailscaleObservations): Nat | undefined {
  if (node.netcheck.kind !== "seen") return undefined;
  const { value } = node.netcheck;
  if (isPublic(node)) return "none";
  if (value.mappingVariesByDestIp === null) return undefined;
  return value.mappingVariesByDestIp ? "hard" : "easy";
}

function isPublic(node: TailscaleObservations): boolean {
  const address = publicAddressOf(node);
  return address !== "" && ownAddresses(node).includes(address);
}

/** Its IPv4 address as STUN sees it; empty where netcheck can't tell. */
export function publicAddressOf({ netcheck }: TailscaleObservations): string {
  return netcheck.kind === "seen" ? (netcheck.value.globalV4.split(":")[0] ?? "") : "";
}

/** A port mapping lets others in, whatever the mapping is. */
export function hasPortMapping({ netcheck }: TailscaleObservations): boolean {
  if (netcheck.kind !== "seen") return false;
  const { upnp, natPmp, pcp } = netcheck.value.portMapping;
  return upnp === true || natPmp === true || pcp === true;
}

/** Both with IPv6 of the internet: no NAT is between. */
export function shareIpv6(a: TailscaleObservations, b: TailscaleObservations): boolean {
  return [a, b].every(({ netcheck }) => netcheck.kind === "seen" && netcheck.value.globalV6 !== "");
}

export function hasUdp({ netcheck }: TailscaleObservations): boolean | undefined {
  return netcheck.kind === "seen" ? netcheck.value.udp : undefined;
}

/** Switches of tailscaled's environment that take direct paths away. */
export function switchesOf({ process }: TailscaleObservations): string[] {
  if (process.kind !== "seen") return [];
  const names = [
    "TS_DEBUG_ALWAYS_USE_DERP",
    "TS_DEBUG_NEVER_DIRECT_UDP",
    "TS_DEBUG_STRIP_ENDPOINTS",
  ];
  const { environment } = process.value;
  return names
    .filter((name) => /^(1|t|true)$/i.test(environment[name] ?? ""))
    .map((name) => `${name}=${environment[name]}`);
}
