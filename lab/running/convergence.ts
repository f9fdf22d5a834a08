import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { engineLost } from "../engine/engine.ts";
import { idleTimeout } from "./idle-timeout.ts";
import { startObserver } from "./observer.ts";
import { checkPolicy, hasNoRules } from "./policy.ts";
import type { ReadyOptions } from "./ready.ts";
import type { RunningLab } from "./running-lab.ts";

/** Ends the output about one node, whose name follows; a line of its own. */
const endOfNode = "\u001e";
/** Ends the answer to one line of names. */
const endOfAnswer = "\u001d";

/** Reads names of nodes, a line at a time, and prints the status that each one's tailscaled gives. */
const askScript = `while read -ra names; do
  words=()
  for name in "\${names[@]}"; do
    words+=(--next -sS --max-time 10 --unix-socket "/nodes/$name/tailscaled.sock" -w "\\n${endOfNode}$name\\n")
    words+=(http://local-tailscaled.sock/localapi/v0/status)
  done
  curl "\${words[@]:1}"
  echo "${endOfAnswer}"
done`;

export interface ConvergeOptions extends ReadyOptions {
  /** Called once for each node that is stopped or asks for a login, with its state; it is asked again after that. */
  onOut?: (node: string, backendState: string) => Promise<void>;
}

/** In which a node does not come back by itself. */
const outStates = new Set(["NeedsLogin", "Stopped"]);

/** After which those who see another that does not see them may do so for good, in ms. */
const oneWayMs = 1000;

/** Between two questions to those who have not joined, in ms. */
const askAgainMs = 50;

/**
 * Waits until the tailnet has converged: every node runs, and of any two, both or none see each other, with a home
 * relay. Headscale's "online" is not waited for: it comes late in a crowd, and no packet depends on it. Whoever joins
 * later gets the earlier with its first netmap, so one who sees another that does not see it yet is a netmap under
 * way, but where the policy has no rules. One process asks all tailscaleds by their sockets; who has all that it waits for is not asked again. Then
 * Headscale runs the policy's tests, which need the nodes.
 * Throws WaitTimedOut; NodeFailed where a node is gone; PolicyRejected.
 */
export async function waitConverged(
  lab: RunningLab,
  { detail = () => {}, idleMs = 30_000, onOut, signal }: ConvergeOptions = {},
): Promise<void> {
  const told = new Set<string>();
  const names = new Set(lab.ofKind("tailscale").map((node) => node.name));
  const statuses = new Map<string, JoinStatus>();
  let lastError = "";
  let isMutual = true;
  using limit = idleTimeout(idleMs, "tailnet", () => {
    const missing = notJoined(names, statuses, isMutual).map(({ until }) => until);
    return [...missing.slice(0, 5), ...(lastError === "" ? [] : [lastError])].join("; ");
  });
  await using asker = await startObserver(lab, ["bash", "-c", askScript]);
  createInterface({ input: asker.stderr }).on("line", (line) => {
    lastError = line;
  });
  const follow = async () => {
    const lines = createInterface({ input: asker.stdout });
    const answers = lines[Symbol.asyncIterator]();
    let before = Number.POSITIVE_INFINITY;
    let askPolicyAt = Number.POSITIVE_INFINITY;
    for (;;) {
      const left = notJoined(names, statuses, isMutual);
      if (left.length < before) {
        limit.moved(left[0]?.what ?? "");
        askPolicyAt = performance.now() + oneWayMs;
      }
      before = left.length;
      if (left.every(({ isOneWay }) => isOneWay) && performance.now() > askPolicyAt) {
        askPolicyAt = performance.now() + oneWayMs;
        isMutual = !(await hasNoRules(lab));
        if (!isMutual) continue;
      }
      detail(left[0]?.what ?? "");
      if (left.length === 0) return;
      const asked = new Set(left.map(({ node }) => node));
      asker.stdin.write(`${[...asked].join(" ")}\n`);
      const answered = await readAnswer(answers);
      for (const [name, status] of answered) statuses.set(name, status);
      const out = [...answered].filter(
        ([name, { backendState }]) => !told.has(name) && outStates.has(backendState),
      );
      for (const [name] of out) told.add(name);
      await Promise.all(out.map(([name, { backendState }]) => onOut?.(name, backendState)));
      await pause(askAgainMs);
      signal?.throwIfAborted();
    }
  };
  try {
    await Promise.race([follow(), limit.timedOut]);
    await checkPolicy(lab);
  } finally {
    asker.stdin.end();
  }
}

/** The statuses in one answer; who did not answer is left out. */
async function readAnswer(lines: AsyncIterator<string>): Promise<Map<string, JoinStatus>> {
  const statuses = new Map<string, JoinStatus>();
  for (let text = ""; ; ) {
    const { value: line, done } = await lines.next();
    if (done === true) {
      throw engineLost(new Error("it ended the process that asks the nodes"));
    }
    if (line === endOfAnswer) return statuses;
    if (line.startsWith(endOfNode)) {
      if (text.trim() !== "") {
        statuses.set(line.slice(endOfNode.length), statusSchema.parse(JSON.parse(text)));
      }
      text = "";
    } else {
      text += line;
    }
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

/** What a node does not know yet, or is not yet. */
interface Missing {
  /** Who can tell when it is there. */
  node: string;
  what: string;
  /** The end of it, as what is waited for. */
  until: string;
  /** Another sees it already. */
  isOneWay?: true;
}

/**
 * What is not as it should be, in words; empty when the tailnet has converged.
 * @param isMutual whether who is seen has to see the other
 */
export function notJoined(
  names: ReadonlySet<string>,
  statuses: ReadonlyMap<string, JoinStatus>,
  isMutual = true,
): Missing[] {
  const missing: Missing[] = [];
  for (const name of names) {
    const status = statuses.get(name);
    if (status === undefined) {
      const what = `${name} has not answered yet`;
      missing.push({ node: name, what, until: `node ${name} to answer` });
    } else if (status.backendState !== "Running") {
      const what = `${name} is ${status.backendState}`;
      missing.push({
        node: name,
        what,
        until: `node ${name} to connect, which is ${status.backendState}`,
      });
    }
    for (const [peer, homeRelay] of status?.peers ?? []) {
      if (!names.has(peer)) continue;
      if (isMutual && statuses.get(peer)?.peers.has(name) === false) {
        const what = `${peer} does not see ${name} yet`;
        missing.push({ node: peer, what, until: `node ${peer} to see ${name}`, isOneWay: true });
      } else if (homeRelay === "") {
        const what = `${name} knows no home relay of ${peer}`;
        missing.push({ node: name, what, until: `node ${name} to know ${peer}'s home relay` });
      }
    }
  }
  return missing;
}
