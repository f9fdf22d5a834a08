import path from "node:path";
import type { Command } from "commander";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { causeLine } from "../../lab/doctor/text.ts";
import { folderSource } from "../../lab/evidence/folder.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { validLabel } from "../../lab/reproduce/names.ts";
import { readFacts } from "../../lab/reproduce/read-facts.ts";
import { reproduce } from "../../lab/reproduce/reproduce.ts";
import { policyFileFor, writeReproduction } from "../../lab/reproduce/write.ts";
import { sections } from "../../lab/reproduce/yaml.ts";
import { act, command as makeCommand, type Shared } from "../command.ts";

export function reproduceCommand(shared: Shared): Command {
  const command = makeCommand("reproduce", "make a topology of captured evidence", [
    "reproduce evidence",
    "reproduce evidence -o lab.yaml && tailnet-lab up lab.yaml",
  ])
    .argument("<folder>", "what `tailnet-lab capture` wrote, or a folder put together by hand")
    .option("-o, --output <file>", "the topology's file; the policy goes beside it", "lab.yaml")
    .option("--name <name>", "the lab's name; the folder's where absent");
  return command.action(
    act(shared, async ({ signal }, folder: string) => {
      const { output, name } = command.opts<{ output: string; name?: string }>();
      const source = await folderSource(folder);
      const seen = await lookAtTailnet(source, { signal });
      const lab = validLabel(name ?? path.basename(path.resolve(folder)));
      const facts = readFacts(seen);
      const made = reproduce(
        { ...facts, unread: [...source.problems, ...facts.unread] },
        { lab, policyFile: policyFileFor(output) },
      );
      const findings = diagnose(seen).findings.map((finding) => ({
        code: finding.code,
        line: causeLine(finding),
      }));
      const written = await writeReproduction(made, output, { folder, findings });
      return {
        json: { schema: 1, lab, ...written, findings, leftOut: made.leftOut },
        text: [
          `Written: ${written.files.join(", ")}`,
          ...sections(made.leftOut, findings).flatMap((section) => ["", ...section]),
          "",
          "What was seen and what was assumed stands behind each line. Try next:",
          `  tailnet-lab up ${output}`,
        ].join("\n"),
      };
    }),
  );
}
