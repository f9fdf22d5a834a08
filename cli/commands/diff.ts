import type { Command } from "commander";
import { act, command, type Shared } from "../command.ts";
import { table } from "../table.ts";

export function diffCommand(shared: Shared): Command {
  return command("diff", "show what `up` would do, and do nothing", ["diff", "diff lab.ts"])
    .argument("[topology]", "a topology's file; the default lab where absent")
    .addHelpText(
      "after",
      "\nExit codes: 2 where there is no engine or no Terraform to compare with.",
    )
    .action(
      act(shared, async ({ progress, signal }, file: string | undefined) => {
        // Terraform's parts take longer to load than other commands to run.
        const [{ look }, { diffStack }, { lackText }] = await Promise.all([
          import("../look.ts"),
          import("../../stacks/diff.ts"),
          import("../../setup/look.ts"),
        ]);
        const { stack, lab, lacks } = await look(file);
        const changes = stack && (await diffStack({ ...stack, progress, signal }));
        const lines = lacks.map(lackText);
        if (changes === undefined) lines.push(`Lab ${lab}: not compared.`);
        else if (changes.length === 0) lines.push(`Lab ${lab}: no changes.`);
        else {
          const rows = changes.map(({ action, kind, name, why }) => [action, kind, name, why]);
          lines.push(table([["ACTION", "KIND", "NAME", "WHY"], ...rows]));
        }
        return {
          json: { schema: 1, lab, lacks, changes: changes ?? null },
          text: lines.join("\n"),
          exitCode: changes === undefined ? 2 : 0,
        };
      }),
    );
}
