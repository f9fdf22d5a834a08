import type { Command } from "commander";
import { reach } from "../../lab/observe/connect.ts";
import { isReached, type ReachResult, type Target } from "../../lab/observe/outcome.ts";
import { isNodeName, splitTarget, targetOf } from "../../lab/observe/target.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { findLab } from "../which-lab.ts";

export function reachCommand(shared: Shared): Command {
  const command = labCommand("reach", "try a real connection from a node to a service", [
    "reach laptop server",
    "reach phone server:22",
    "reach laptop server:7 --udp",
    "reach laptop www.example.com:80",
  ])
    .argument("<from>", "the node that calls")
    .argument("<to>", "a node, a name or an address, with :PORT; a node's first service without")
    .option("--udp", "UDP instead of TCP");
  return command.action(
    act(shared, async ({ signal, lab: option }, from: string, to: string) => {
      const { host } = splitTarget(to);
      const lab = await findLab({ lab: option }, [from, ...(isNodeName(host) ? [host] : [])]);
      const node = lab.node(from);
      const { udp } = command.opts<{ udp?: boolean }>();
      const target = await targetOf(lab, to, udp === true ? "udp" : "tcp");
      const result = await reach(node, target, { signal });
      const { address, outcome, detail, seenFrom, latencyMs } = result;
      const { port, protocol, service = null } = target;
      const answer = { address, outcome, detail, seenFrom, latencyMs };
      return {
        json: { schema: 1, from, to: host, port, protocol, service, ...answer },
        text: reachText(from, host, target, result),
        exitCode: isReached(result) ? 0 : 1,
      };
    }),
  );
}

const sentences: Record<ReachResult["outcome"], string> = {
  reached: "reached",
  connected: "connected",
  "bad-answer": "answered, but not as the service should",
  closed: "accepted, then closed before the answer was whole",
  unanswered: "accepted, then no whole answer in time",
  refused: "refused: the machine answers, and nothing listens there",
  timeout: "timed out: no answer, as where a policy or a firewall drops it",
  unresolved: "name not resolved",
  unreachable: "unreachable: no route there, or a router or a firewall says so",
};

export function reachText(from: string, to: string, target: Target, result: ReachResult): string {
  const { address, seenFrom, latencyMs, outcome, detail } = result;
  const where = address === null ? "" : ` (${address})`;
  const head = `${from} → ${to}${where} ${target.protocol}/${target.port}: ${sentences[outcome]}`;
  const why = detail === "" ? "" : ` (${detail})`;
  const time = isReached(result) && latencyMs !== null ? ` in ${latencyMs.toFixed(1)} ms` : "";
  const seen = seenFrom === null ? "" : `; the service saw ${seenFrom}`;
  const unknown =
    outcome === "connected" ? "; the lab knows of no service there, so it was asked nothing" : "";
  return `${head}${why}${time}${seen}${unknown}`;
}
