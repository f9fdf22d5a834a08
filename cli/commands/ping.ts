import type { Command } from "commander";
import type { InspectedPair } from "../../lab/observe/inspect.ts";
import { lastPath, pingPeer } from "../../lab/observe/ping.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { findLab, tailscaleNode } from "../which-lab.ts";

export function pingCommand(shared: Shared): Command {
  return labCommand(
    "ping",
    "tell the path between two Tailscale nodes: direct, peer relay or DERP",
    ["ping laptop phone", "ping laptop server --json"],
  )
    .argument("<from>")
    .argument("<to>")
    .action(
      act(shared, async ({ signal, lab: option }, from: string, to: string) => {
        const lab = await findLab({ lab: option });
        const node = tailscaleNode(lab, from);
        const target = tailscaleNode(lab, to);
        const seen = lastPath(await pingPeer(node, target.name, { signal }), from, to);
        const pair: InspectedPair = {
          from,
          to,
          path: seen?.path ?? null,
          via: seen?.via ?? null,
          latencyMs: seen?.latencyMs ?? null,
        };
        return {
          json: { schema: 1, ...pair },
          text:
            seen === undefined
              ? `${from} → ${to}: no answer`
              : `${from} → ${to}: ${seen.path} via ${seen.via}, ${seen.latencyMs} ms`,
          exitCode: seen === undefined ? 1 : 0,
        };
      }),
    );
}
