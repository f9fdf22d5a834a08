import type { Command } from "commander";
import { act, labCommand, type Shared } from "../command.ts";
import { whichLab } from "../which-lab.ts";

export function downCommand(shared: Shared): Command {
  return labCommand("down", "take a lab down, with all that it keeps", ["down", "down homelab"])
    .argument("[lab]", "its name; the only one that runs where absent")
    .action(
      act(shared, async ({ progress, signal, lab: option }, named: string | undefined) => {
        // Terraform's parts take longer to load than other commands to run.
        const [{ ensureTerraform }, { downStack }] = await Promise.all([
          import("../../setup/terraform.ts"),
          import("../../stacks/down.ts"),
        ]);
        const lab = await whichLab(named ?? option);
        const terraform = await ensureTerraform(progress);
        const base = process.cwd();
        const { removed } = await downStack({ lab, base, terraform, progress, signal });
        return {
          json: { schema: 1, lab, removed },
          text: `Lab ${lab} is gone: ${removed.length} removed.`,
        };
      }),
    );
}
