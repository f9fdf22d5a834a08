import { createRequire } from "node:module";
import path from "node:path";
import type { Command } from "commander";
import { captureLab, captureSource } from "../../lab/capture/capture.ts";
import { LabError } from "../../lab/errors.ts";
import { folderSource } from "../../lab/evidence/folder.ts";
import type { Manifest } from "../../lab/evidence/manifest.ts";
import { act, labCommand, type Report, type Shared } from "../command.ts";
import { table } from "../table.ts";
import { findLab, whichLab } from "../which-lab.ts";

export function captureCommand(shared: Shared): Command {
  const command = labCommand("capture", "write what a lab's machines print into a folder", [
    "capture",
    "capture homelab -o evidence",
    "capture --anonymise",
    "capture --from by-hand --anonymise -o evidence",
  ])
    .argument("[lab]", "its name or its topology's file; the only one that runs where absent")
    .option("--from <folder>", "of a folder that was put together by hand, in place of a lab")
    .option(
      "-o, --output <folder>",
      "where to; the lab's or the folder's name with -capture where absent",
    )
    .option(
      "--anonymise",
      "put placeholders in place of names, public addresses and keys; secrets are always left out",
    );
  return command.action(
    act(shared, async ({ lab: option, progress, signal }, argument: string | undefined) => {
      const { output, from, anonymise = false } = command.opts<Options>();
      const { version } = createRequire(import.meta.url)("tailnet-lab/package.json");
      const options = { version, anonymise, signal };
      if (from !== undefined) {
        if (argument !== undefined || option !== undefined) {
          throw new LabError("UsageInvalid", "it is either a lab or a folder", {
            where: "--from",
            remedy: "leave out one of the two",
          });
        }
        const folder = output ?? `${path.basename(path.resolve(from))}-capture`;
        const source = await folderSource(from);
        const manifest = await captureSource(source, folder, options);
        return report(manifest, folder, source.problems);
      }
      const lab = await findLab({ lab: await whichLab({ argument, option }) });
      const folder = output ?? `${lab.name}-capture`;
      const manifest = await progress.step(`Capture lab ${lab.name}`, () =>
        captureLab(lab, folder, options),
      );
      return report(manifest, folder);
    }),
  );
}

interface Options {
  output?: string;
  from?: string;
  anonymise?: true;
}

function report(manifest: Manifest, folder: string, problems: readonly string[] = []): Report {
  return {
    json: { ...manifest, folder, problems },
    text: [captureText(manifest, folder), ...problems.map((each) => `Left aside: ${each}`)].join(
      "\n",
    ),
  };
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
