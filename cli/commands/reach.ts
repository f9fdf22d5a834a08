import type { Command } from "commander";
import { type ReachResult, reach, type Target } from "../../lab/observe/connect.ts";
import { splitTarget, targetOf } from "../../lab/observe/target.ts";
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
      const lab = await findLab({ lab: option });
      const node = lab.node(from);
      const { udp } = command.opts<{ udp?: boolean }>();
      const { host } = splitTarget(to);
      const target = await targetOf(lab, to, udp === true ? "udp" : "tcp");
      const result = await reach(node, target, { signal });
      const { outcome, seenFrom, latencyMs } = result;
      const { port, protocol } = target;
      return {
        json: { schema: 1, from, to: host, port, protocol, outcome, seenFrom, latencyMs },
        text: reachText(from, host, target, result),
        exitCode: outcome === "reached" ? 0 : 1,
      };
    }),
  );
}

const sentences: Record<ReachResult["outcome"], string> = {
  reached: "reached",
  refused: "refused: the machine answers, nothing listens there or it said no",
  timeout: "timed out: no answer, as where a policy or a firewall drops it",
  unresolved: "name not resolved",
  unreachable: "unreachable: no route there",
};

export function reachText(from: string, to: string, target: Target, result: ReachResult): string {
  const { address, seenFrom, latencyMs, outcome } = result;
  const where = address === null ? "" : ` (${address})`;
  const head = `${from} → ${to}${where} ${target.protocol}/${target.port}: ${sentences[outcome]}`;
  const time = latencyMs === null ? "" : ` in ${latencyMs.toFixed(1)} ms`;
  return `${head}${time}${seenFrom === null ? "" : `; the service saw ${seenFrom}`}`;
}
