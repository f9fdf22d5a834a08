import { randomUUID } from "node:crypto";
import { LabError } from "../errors.ts";
import { whyDown } from "../running/node-state.ts";
import { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import { evidenceCommands } from "./commands.ts";
import type { Evidence, EvidenceSource, Machine, Missing, RunOptions } from "./evidence.ts";

/**
 * A lab that runs, as who looks after its machines sees it: its Tailscale nodes, the control server, and hosts in
 * LANs. Routers, relays and servers of the simulated internet are not his. Which of them run is looked up now.
 */
export async function liveSource({ name, run, engine, gone }: RunningLab): Promise<EvidenceSource> {
  const lab = await RunningLab.find(name, { run, engine });
  const machines = [...lab.nodes.map(({ spec }) => spec), ...gone].flatMap((spec): Machine[] => {
    const { name, kind, network, addresses } = spec;
    if (kind === "tailscale" || kind === "control") return [{ name, role: kind }];
    return kind === "host" && network !== "internet" ? [{ name, role: kind, addresses }] : [];
  });
  const queues = new Map<string, Queue>();
  const problems = new Map<RunningNode, Promise<string>>();
  const problemOf = (node: RunningNode) => {
    const problem = problems.get(node) ?? whyDown(node);
    problems.set(node, problem);
    return problem;
  };
  return {
    machines,
    isLive: true,
    async run(name, argv, options = {}) {
      const node = lab.nodes.find((each) => each.name === name);
      if (node === undefined && gone.some((spec) => spec.name === name)) {
        return {
          node: name,
          argv,
          why: "its container is gone; `tailnet-lab up` brings it back",
          isDown: true,
        };
      }
      if (node === undefined || !machines.some((machine) => machine.name === name)) {
        return { node: name, argv, why: "there is no such machine" };
      }
      // What it has said stays where it has ended.
      if (argv === evidenceCommands.log.argv && node.state === "exited")
        return headscaleLog(node, argv);
      if (node.state !== "running") {
        return { node: name, argv, why: await problemOf(node), isDown: true };
      }
      if (argv === evidenceCommands.log.argv) return headscaleLog(node, argv);
      // Those that wait for the network hold up no others.
      const alone = options.isAlone === true ? randomUUID() : "";
      const key = `${name} ${options.isSlow === true} ${alone}`;
      const queue = queues.get(key) ?? newQueue(queues, key, node);
      return new Promise((resolve, reject) => {
        queue.push({ argv, options, resolve, reject });
      });
    },
  };
}

interface Queued {
  argv: readonly string[];
  options: RunOptions;
  resolve: (evidence: Evidence | Missing) => void;
  reject: (reason: unknown) => void;
}
type Queue = Queued[];

/** What is asked of one machine at once goes there by one process of the engine's. */
function newQueue(queues: Map<string, Queue>, key: string, node: RunningNode): Queue {
  const queue: Queue = [];
  queues.set(key, queue);
  setImmediate(() => {
    queues.delete(key);
    void runTogether(node, queue);
  });
  return queue;
}

const defaultTimeoutMs = 5000;
/** What waits for the network waits 4 s at most by itself; on a machine that is busy each of its programs takes longer. */
const slowTimeoutMs = 10_000;
/** What an engine that is busy takes beside. */
const graceMs = 20_000;

/**
 * Arguments: a word that no output has, `together` or `in-turn`, then for each command its limit in seconds, the number
 * of its words, and these. Prints for each: its number, exit code and moment, its output, and its errors.
 */
const script = `token=$1 how=$2 n=0 silent=no
shift 2
d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT
one() {
  local i=$1 limit=$2 at code
  shift 2
  at=$EPOCHREALTIME
  # A tailscaled that has not answered one command does not answer the next, each after the whole limit.
  if [ "$how $1 $silent" = "in-turn tailscale yes" ]; then
    : > "$d/$i.out"
    : > "$d/$i.err"
    echo "124 $at" > "$d/$i.end"
    return
  fi
  timeout -k 1 "$limit" "$@" > "$d/$i.out" 2> "$d/$i.err" < /dev/null
  code=$?
  echo "$code $at" > "$d/$i.end"
  [ "$1 $code" != "tailscale 124" ] || silent=yes
}
while [ $# -gt 0 ]; do
  limit=$1 count=$2
  shift 2
  if [ "$how" = together ]; then one $n "$limit" "\${@:1:count}" & else one $n "$limit" "\${@:1:count}"; fi
  shift "$count"
  n=$((n + 1))
done
wait
for ((i = 0; i < n; i++)); do
  printf '%s %s\\n' "$token" "$(< "$d/$i.end")"
  cat "$d/$i.out"
  echo "$token"
  cat "$d/$i.err"
done`;

async function runTogether(node: RunningNode, queue: Queue): Promise<void> {
  const token = randomUUID();
  const isSlow = queue[0]?.options.isSlow === true;
  const usual = isSlow ? slowTimeoutMs : defaultTimeoutMs;
  const limits = queue.map(({ options }) => options.timeoutMs ?? usual);
  const words = queue.flatMap(({ argv }, index) => [
    String((limits[index] ?? usual) / 1000),
    String(argv.length),
    ...argv,
  ]);
  const whole = isSlow ? Math.max(...limits) : limits.reduce((sum, each) => sum + each, 0);
  try {
    const { stdout } = await node.exec(
      ["bash", "-c", script, "bash", token, isSlow ? "together" : "in-turn", ...words],
      {
        timeoutMs: Math.min(whole, 60_000) + graceMs,
        signal: queue.find(({ options }) => options.signal !== undefined)?.options.signal,
        env: { LC_ALL: "C" },
      },
    );
    const parts = stdout.split(token).slice(1);
    for (const [index, { argv, resolve }] of queue.entries()) {
      const [head, stderr] = [parts[2 * index], parts[2 * index + 1]];
      resolve(evidenceOf(node.name, argv, head, stderr));
    }
  } catch (error) {
    const isOfNode = error instanceof LabError && error.name !== "EngineLost";
    for (const { argv, resolve, reject } of queue) {
      if (isOfNode) resolve({ node: node.name, argv, why: whyUnanswered(error) });
      else reject(error);
    }
  }
}

/** What could not be run, in a few words: the script that runs all is nobody's command. */
export function whyUnanswered({ name, what }: LabError): string {
  return name === "WaitTimedOut" ? "the machine did not answer in time" : what;
}

/** timeout(1): the limit, and where the program had to be killed. */
const timeoutCodes = [124, 137];

function evidenceOf(
  node: string,
  argv: readonly string[],
  head: string | undefined,
  stderr: string | undefined,
): Evidence | Missing {
  const match = /^ (\d+) (\S+)\n([\s\S]*)$/.exec(head ?? "");
  if (match === null) return { node, argv, why: "the machine did not say how it ended" };
  const [, code, at = "", stdout = ""] = match;
  const exitCode = timeoutCodes.includes(Number(code)) ? null : Number(code);
  const moment = new Date(Number(at) * 1000).toISOString();
  return { node, argv, exitCode, stdout, stderr: (stderr ?? "").replace(/^\n/, ""), at: moment };
}

/** A container's output is its journal. */
async function headscaleLog(node: RunningNode, argv: readonly string[]): Promise<Evidence> {
  const stdout = await node.log({ tail: 500 });
  return {
    node: node.name,
    argv,
    exitCode: 0,
    stdout,
    stderr: "",
    at: new Date().toISOString(),
  };
}
