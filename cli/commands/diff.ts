import type { Command } from "commander";
import type { StackOptions } from "../../stacks/up.ts";
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
        const [{ look }, { lackText }, { faultsIn, heldStill }, { faultsToLose }] =
          await Promise.all([
            import("../look.ts"),
            import("../../setup/look.ts"),
            import("../../lab/faults/still.ts"),
            import("../fault-report.ts"),
          ]);
        const { stack, lab, lacks } = await look(file);
        // Loaded where it is needed: Terraform's parts take longer to load than most commands to run.
        const compare = async (options: StackOptions) =>
          (await import("../../stacks/diff.ts")).diffStack(options);
        const faults = stack === undefined ? [] : await faultsIn(lab);
        const still = heldStill(faults);
        const changes = stack && (await compare({ ...stack, still, progress, signal }));
        const losses = faultsToLose(faults, changes ?? []);
        const lines = lacks.map(lackText);
        if (changes === undefined) lines.push(`Lab ${lab}: not compared.`);
        else if (changes.length === 0) lines.push(`Lab ${lab}: no changes.`);
        else {
          const rows = changes.map(({ action, kind, name, why }) => [action, kind, name, why]);
          lines.push(table([["ACTION", "KIND", "NAME", "WHY"], ...rows]));
          if (losses.length > 0) lines.push("", ...losses);
        }
        return {
          json: { schema: 1, lab, lacks, changes: changes ?? null, warnings: losses },
          text: lines.join("\n"),
          exitCode: changes === undefined ? 2 : 0,
        };
      }),
    );
}
