import { createRequire } from "node:module";
import type { Command } from "commander";
import { captureLab } from "../../lab/capture/capture.ts";
import type { Manifest } from "../../lab/evidence/manifest.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { table } from "../table.ts";
import { whichLab } from "../which-lab.ts";

export function captureCommand(shared: Shared): Command {
  const command = labCommand("capture", "write what a lab's machines print into a folder", [
    "capture",
    "capture homelab -o evidence",
    "capture --anonymise",
  ])
    .argument("[lab]", "its name or its topology's file; the only one that runs where absent")
    .option("-o, --output <folder>", "where to; the lab's name with -capture where absent")
    .option(
      "--anonymise",
      "put placeholders in place of names, public addresses and keys; secrets are always left out",
    );
  return command.action(
    act(shared, async ({ lab: option, progress, signal }, argument: string | undefined) => {
      const { output, anonymise = false } = command.opts<{ output?: string; anonymise?: true }>();
      const lab = await RunningLab.find(await whichLab({ argument, option }));
      const folder = output ?? `${lab.name}-capture`;
      const { version } = createRequire(import.meta.url)("tailnet-lab/package.json");
      const manifest = await progress.step(`Capture lab ${lab.name}`, () =>
        captureLab(lab, folder, { version, anonymise, signal }),
      );
      return { json: { ...manifest, folder }, text: captureText(manifest, folder) };
    }),
  );
}

function captureText({ machines, anonymised }: Manifest, folder: string): string {
  const rows = machines.map(({ name, role, outputs, missing }) => {
    const [why] = Object.values(missing).map((each) => each.why);
    const count = Object.keys(outputs).length;
    return [name, role, `${count} outputs`, why === undefined ? "" : `without some: ${why}`];
  });
  return [
    table([["MACHINE", "ROLE", "CAPTURED", ""], ...rows]),
    "",
    `Written to ${folder}, without secrets${anonymised ? ", names and public addresses" : ""}.`,
    "Try next:",
    `  tailnet-lab doctor --from ${folder}`,
    `  tailnet-lab reproduce ${folder}`,
  ].join("\n");
}
