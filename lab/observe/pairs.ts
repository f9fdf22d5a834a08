import { type PeerStatus, pathInUse, type TailnetStatus } from "../running/status.ts";
import type { PathSeen } from "./ping.ts";

/** Two Tailscale nodes that see each other; one entry for each direction where the two ends use different paths. */
export interface InspectedPair {
  from: string;
  to: string;
  /**
   * - `in-use`: there was traffic in the last 45 s, by this path
   * - `idle`: none; which path the next takes is not known
   * - `answered`, `no-answer`: where the pair was pinged
   * - `down`: one of them does not run
   * - `unknown`: neither can be asked
   */
  state: "in-use" | "idle" | "answered" | "no-answer" | "down" | "unknown";
  /** Null where the state tells of none. */
  path: PathSeen["path"] | null;
  /** The peer's address and port, the peer relay's, or the DERP region's code. */
  via: string | null;
  /** Only of a ping. */
  latencyMs: number | null;
  /** The code of the region through which `to` is reached without a path of its own. */
  homeRelay: string | null;
  /** WireGuard's bytes since `from` started; null where it can't be asked. */
  rxBytes: number | null;
  txBytes: number | null;
  /** Why the pair is down or unknown. */
  reason: string | null;
}

/** A Tailscale node as it was found. */
export interface PairEnd {
  name: string;
  isRunning: boolean;
  /** Null where it can't be asked. */
  status: TailnetStatus | null;
}

/** Each two that see each other, or might: by what both say. In the order of the names. */
export function pairsOf(ends: readonly PairEnd[]): InspectedPair[] {
  const sorted = [...ends].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap((one, index) =>
    sorted.slice(index + 1).flatMap((other) => pairOf(one, other)),
  );
}

function pairOf(one: PairEnd, other: PairEnd): InspectedPair[] {
  const there = seenBy(one, other.name);
  const back = seenBy(other, one.name);
  if (one.status === null && other.status === null) {
    const isDown = !one.isRunning || !other.isRunning;
    return [
      {
        ...bare(one.name, other.name),
        state: isDown ? "down" : "unknown",
        reason: why(one, other),
      },
    ];
  }
  // Who may use nothing of each other, don't see each other.
  if (there === undefined && back === undefined) return [];
  if (!one.isRunning || !other.isRunning) {
    return [{ ...bare(one.name, other.name), state: "down", reason: why(one, other) }];
  }
  const views = [
    ...(there === undefined ? [] : [view(one.name, other.name, there)]),
    ...(back === undefined ? [] : [view(other.name, one.name, back)]),
  ];
  const used = views.filter(({ state }) => state === "in-use");
  const [first, second] = used.length > 0 ? used : views.slice(0, 1);
  if (first === undefined) return [];
  return second === undefined || second.path === first.path ? [first] : [first, second];
}

function bare(from: string, to: string): InspectedPair {
  return {
    from,
    to,
    state: "unknown",
    path: null,
    via: null,
    latencyMs: null,
    homeRelay: null,
    rxBytes: null,
    txBytes: null,
    reason: null,
  };
}

function view(from: string, to: string, peer: PeerStatus): InspectedPair {
  const { homeRelay, rxBytes, txBytes } = peer;
  const used = pathInUse(peer);
  return {
    ...bare(from, to),
    ...(used === undefined
      ? { state: "idle" }
      : { state: "in-use", path: used.path, via: used.via || null }),
    homeRelay: homeRelay || null,
    rxBytes,
    txBytes,
  };
}

/** A name may be there twice, of a node that was logged out: the one that is online, or used, is meant. */
function seenBy({ status }: PairEnd, name: string): PeerStatus | undefined {
  const peers = status?.peers.filter((peer) => peer.name === name) ?? [];
  return peers.find(({ active }) => active) ?? peers.find(({ online }) => online) ?? peers[0];
}

/** The problem itself is told once, of the node. */
function why(...ends: PairEnd[]): string {
  return ends
    .filter(({ isRunning, status }) => !isRunning || status === null)
    .map(({ name, isRunning }) => `${name} ${isRunning ? "can't be asked" : "does not run"}`)
    .join("; ");
}
