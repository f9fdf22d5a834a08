import type { Command } from "commander";
import { act, command, type Shared } from "../command.ts";
import { table } from "../table.ts";

export function diffCommand(shared: Shared): Command {
  return command("diff", "show what `up` would do, and do nothing", ["diff", "diff lab.ts"])
    .argument("[topology]", "a topology's file; the default lab where absent")
    .action(
      act(shared, async (_context, file: string | undefined) => {
        // Terraform's parts take longer to load than other commands to run.
        const [{ prepare }, { diffStack }] = await Promise.all([
          import("../prepare.ts"),
          import("../../stacks/diff.ts"),
        ]);
        const { stack } = await prepare(file, shared);
        const { lab } = stack.plan();
        const changes = await diffStack(stack);
        const rows = changes.map(({ action, kind, name, why }) => [action, kind, name, why]);
        return {
          json: { schema: 1, lab, changes },
          text:
            changes.length === 0
              ? `Lab ${lab}: no changes.`
              : table([["ACTION", "KIND", "NAME", "WHY"], ...rows]),
        };
      }),
    );
}
