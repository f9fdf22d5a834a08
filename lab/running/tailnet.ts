import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { LabError } from "../errors.ts";
import { checkPolicy } from "./policy.ts";
import type { ReadyOptions } from "./ready.ts";
import type { RunningLab } from "./running-lab.ts";
import type { RunningNode } from "./running-node.ts";
import { stallLimit } from "./stall.ts";

/** tailscaled's notices that start a watch, or tell of a changed state, peer or of peers that come and go. */
const watchMask = (1 << 1) | (1 << 12) | (1 << 13);

/**
 * Prints the node's status, one line of JSON, now and after notices, which it gathers for $1 seconds: in a
 * crowd every node has notices of every other. Ends when its input does.
 */
const watchScript = `ask() {
  curl -sSN --fail --unix-socket /var/run/tailscale/tailscaled.sock "http://local-tailscaled.sock/localapi/v0/$1"
}
# Nothing ever comes here: a pause that starts no process.
exec {never}<> <(:)
{
  ask "watch-ipn-bus?mask=${watchMask}" | while read -r _; do
    read -r -t "$1" -u "$never"
    while read -r -t 0 && read -r _; do :; done
    ask status | tr -d '\\n'; echo
  done
  kill 0
} &
cat >/dev/null
kill 0`;

/**
 * Waits until the tailnet stands: every node runs, and of any two, both or none see each other, with a home relay.
 * Headscale's "online" is not waited for: it comes late in a crowd, and no packet depends on it. Whoever joins later gets the earlier with its first netmap, so one who sees another that does not see
 * it yet is a netmap under way. Event-driven: one process in each node follows tailscaled's notices.
 * Then Headscale runs the policy's tests, which need the nodes.
 * Throws WaitStalled; NodeFailed where a tailscaled does not answer; PolicyRejected.
 */
export async function waitTailnet(
  lab: RunningLab,
  { detail = () => {}, stallMs = 30_000, signal }: ReadyOptions = {},
): Promise<void> {
  const nodes = lab.ofKind("tailscale");
  const names = new Set(nodes.map((node) => node.name));
  const quiet = String(Math.max(0.05, nodes.length / 100));
  const statuses = new Map<string, JoinStatus>();
  const stop = new AbortController();
  using limit = stallLimit(stallMs, "tailnet", () =>
    notJoined(names, statuses).slice(0, 5).join("; "),
  );
  let before = Number.POSITIVE_INFINITY;
  const follow = async (node: RunningNode) => {
    const watch = await node.spawn(["bash", "-c", watchScript, "watch", quiet]);
    stop.signal.addEventListener("abort", () => watch.stdin.end());
    if (stop.signal.aborted) watch.stdin.end();
    for await (const line of createInterface({ input: watch.stdout })) {
      // The watch is cut off in the middle of a line.
      if (stop.signal.aborted) return;
      if (line === "") continue;
      statuses.set(node.name, statusSchema.parse(JSON.parse(line)));
      const left = notJoined(names, statuses);
      if (left.length < before) limit.moved(left[0] ?? "");
      before = left.length;
      detail(left[0] ?? "");
      if (left.length === 0) stop.abort();
    }
    if (stop.signal.aborted) return;
    throw new LabError(
      "NodeFailed",
      `its tailscaled does not answer: ${await text(watch.stderr)}`,
      {
        where: node.name,
        remedy: `see tailnet-lab logs ${node.name}`,
      },
    );
  };
  const onAbort = () => stop.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([Promise.all(nodes.map(follow)), limit.stalled]);
    signal?.throwIfAborted();
    await checkPolicy(lab);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort();
  }
}

/** As much of `tailscale status` as tells whether a node has joined: peers' home relays by their names. */
const statusSchema = z
  .object({
    BackendState: z.string(),
    Peer: z.record(z.string(), z.object({ HostName: z.string(), Relay: z.string() })).nullish(),
  })
  .transform(({ BackendState, Peer }) => ({
    backendState: BackendState,
    peers: new Map(Object.values(Peer ?? {}).map((peer) => [peer.HostName, peer.Relay])),
  }));
type JoinStatus = z.output<typeof statusSchema>;

/** What is not as it should be, in words; empty when the tailnet stands. */
export function notJoined(
  names: ReadonlySet<string>,
  statuses: ReadonlyMap<string, JoinStatus>,
): string[] {
  const faults: string[] = [];
  for (const name of names) {
    const status = statuses.get(name);
    if (status === undefined) faults.push(`${name} has said nothing yet`);
    else if (status.backendState !== "Running") faults.push(`${name} is ${status.backendState}`);
    for (const [peer, homeRelay] of status?.peers ?? []) {
      if (!names.has(peer)) continue;
      const isSeenBy = statuses.get(peer)?.peers.has(name);
      if (isSeenBy === false) faults.push(`${peer} does not see ${name} yet`);
      else if (homeRelay === "") faults.push(`${name} knows no home relay of ${peer}`);
    }
  }
  return faults;
}
