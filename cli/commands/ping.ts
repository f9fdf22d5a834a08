import type { Command } from "commander";
import { lastPath, type PathSeen, type PingReply, pingPeer } from "../../lab/observe/ping.ts";
import { act, labCommand, type Shared, someNumber } from "../command.ts";
import { findLab, tailscaleNode } from "../which-lab.ts";

/** A direct path needs some seconds to be found. */
const defaultCount = 8;

export function pingCommand(shared: Shared): Command {
  const command = labCommand(
    "ping",
    "tell the path between two Tailscale nodes: direct, peer relay or DERP",
    ["ping laptop phone", "ping workstation server --count 1", "ping laptop server --json"],
  )
    .argument("<from>")
    .argument("<to>")
    .option(
      "-c, --count <pings>",
      "at most so many, until one is direct",
      someNumber,
      defaultCount,
    );
  return command.action(
    act(shared, async ({ signal, lab: option, isJson }, from: string, to: string) => {
      const lab = await findLab({ lab: option }, [from, to]);
      const node = tailscaleNode(lab, from);
      const target = tailscaleNode(lab, to);
      const { count } = command.opts<{ count: number }>();
      const replies: PingReply[] = [];
      const onReply = (reply: PingReply) => {
        const line = replyText(from, to, reply, replies, count);
        replies.push(reply);
        if (!isJson) process.stdout.write(`${line}\n`);
      };
      const result = await pingPeer(node, target.name, { count, signal, onReply });
      const seen = lastPath(result, from, to);
      const { path = null, via = null, latencyMs = null } = seen ?? {};
      const pongs = replies.filter((reply) => reply !== null);
      return {
        json: { schema: 1, from, to, path, via, latencyMs, pings: replies.length, pongs },
        text: pingSummary(from, to, seen, replies),
        exitCode: seen === undefined ? 1 : 0,
      };
    }),
  );
}

/** One ping's line, as it comes; `before` are the earlier ones. */
export function replyText(
  from: string,
  to: string,
  reply: PingReply,
  before: readonly PingReply[],
  count: number,
): string {
  const head = `${from} → ${to}: `;
  if (reply === null) return `${head}no answer (${before.length + 1} of ${count})`;
  const isLooking = reply.path !== "direct" && before.length + 1 < count;
  const looking = isLooking ? `; looking for a direct path (${before.length + 1} of ${count})` : "";
  return `${head}${reply.path} via ${reply.via}, ${reply.latencyMs} ms${looking}`;
}

/** The result, after the lines of the single pings. */
export function pingSummary(
  from: string,
  to: string,
  seen: PathSeen | undefined,
  replies: readonly PingReply[],
): string {
  const pings = `${replies.length} ${replies.length === 1 ? "ping" : "pings"}`;
  if (seen === undefined) return `${from} and ${to}: no answer to ${pings}`;
  if (seen.path === "direct") {
    const isFound = replies.some((reply) => reply !== null && reply.path !== "direct");
    return `${from} and ${to}: a direct path${isFound ? `, found after ${pings}` : ""}`;
  }
  const relay =
    seen.path === "derp" ? `relayed by ${seen.via}` : `relayed by the peer at ${seen.via}`;
  return `${from} and ${to}: ${relay}; ${pings} found no direct path`;
}
