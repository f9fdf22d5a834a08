import type { Command } from "commander";
import { act, labCommand, type Shared } from "../command.ts";
import { whichLab } from "../which-lab.ts";

export function downCommand(shared: Shared): Command {
  return labCommand("down", "take a lab down, with all that it keeps", [
    "down",
    "down homelab",
    "down lab.ts",
  ])
    .argument("[lab]", "its name or its topology's file; the only one that runs where absent")
    .action(
      act(shared, async ({ progress, signal, lab: option }, argument: string | undefined) => {
        const lab = await whichLab({ argument, option });
        const { downStack } = await import("../../stacks/down.ts");
        const { removed } = await downStack({ lab, base: process.cwd(), progress, signal });
        return {
          json: { schema: 1, lab, removed },
          text: `Lab ${lab} is gone: ${removed.length} removed.`,
        };
      }),
    );
}
