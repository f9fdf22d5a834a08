import { styleText } from "node:util";
import type { Command } from "commander";
import type { Checked } from "../../setup/check.ts";
import { act, command, type Shared } from "../command.ts";
import { defaultTopology } from "../which-lab.ts";

export function checkCommand(shared: Shared): Command {
  return command("check", "tell whether labs can run here, and what stands in the way", [
    "check",
    "check lab.ts --json",
  ])
    .argument("[topology]", "a topology's file, for its size; the default lab where absent")
    .action(
      act(shared, async ({ progress }, file: string | undefined) => {
        const { checkMachine } = await import("../check-machine.ts");
        const checks = await progress.step("Check this machine and its engine", () =>
          checkMachine(file ?? defaultTopology),
        );
        const failed = checks.some(({ state }) => state === "failed");
        return {
          json: { schema: 1, ok: !failed, checks },
          text: checks.map(checkedText).join("\n"),
          exitCode: failed ? 2 : 0,
        };
      }),
    );
}

const marks: Record<Checked["state"], [Parameters<typeof styleText>[0], string]> = {
  ok: ["green", "✔"],
  later: ["yellow", "+"],
  unknown: ["yellow", "?"],
  failed: ["red", "✖"],
};

function checkedText({ check, state, detail, remedy, error }: Checked): string {
  const mark = styleText(...marks[state], { stream: process.stdout });
  const line = `${mark} ${check}: ${detail}${error === null ? "" : ` (${error})`}`;
  return remedy === null ? line : `${line}\n  → ${remedy}`;
}
