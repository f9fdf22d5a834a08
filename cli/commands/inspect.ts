import type { Command } from "commander";
import { readFaults } from "../../lab/faults/record.ts";
import { inspectLab } from "../../lab/observe/inspect.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { faultJson, faultsText } from "../fault-report.ts";
import { inspectionText } from "../inspection.ts";
import { findLab, whichLab } from "../which-lab.ts";

export function inspectCommand(shared: Shared): Command {
  const command = labCommand("inspect", "show a lab's nodes, and the path that each two use now", [
    "inspect",
    "inspect homelab --json",
    "inspect --settle",
  ])
    .argument("[lab]", "its name or its topology's file; the only one that runs where absent")
    .option("--settle", "ping each pair, and wait until its path is the best: takes seconds");
  return command.action(
    act(shared, async ({ lab: option, progress, signal }, argument: string | undefined) => {
      const lab = await findLab({ lab: await whichLab({ argument, option }) });
      const { settle = false } = command.opts<{ settle?: boolean }>();
      const inspection = await progress.step(`Look at lab ${lab.name}`, () =>
        inspectLab(lab, { settle, signal }),
      );
      const faults = await readFaults(lab);
      return {
        json: { ...inspection, faults: faults.map(faultJson) },
        text: `${inspectionText(inspection)}${faultsText(faults)}`,
      };
    }),
  );
}
