import type { Command } from "commander";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { diagnosisText } from "../../lab/doctor/text.ts";
import { folderSource } from "../../lab/evidence/folder.ts";
import { capturedByHand, howToCapture } from "../../lab/evidence/how-to-capture.ts";
import { liveSource } from "../../lab/evidence/live.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import type { Question } from "../../lab/evidence/question.ts";
import { splitTarget } from "../../lab/observe/target.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { exitCodeOf } from "../diagnosis.ts";
import { findLab } from "../which-lab.ts";

export function doctorCommand(shared: Shared): Command {
  const command = labCommand("doctor", "tell why something does not work, with the evidence", [
    "doctor",
    "doctor laptop",
    "doctor laptop server:80",
    "doctor laptop 10.20.0.30:9100",
    "doctor laptop printer.corp.internal",
    "doctor --from evidence",
  ])
    .argument("[from]", "the machine that tries; the whole tailnet where absent")
    .argument("[to]", "a machine, an address or a name, with :PORT")
    .option("--udp", "UDP instead of TCP")
    .option(
      "--all",
      "also what has nothing to do with what was asked, and what could not be looked at",
    )
    .option("--from <folder>", "read what was captured, instead of looking at a lab")
    .option("--how", "print the commands to capture a tailnet by hand");
  return command.action(
    act(
      shared,
      async (
        { signal, progress, lab: option },
        from: string | undefined,
        to: string | undefined,
      ) => {
        const { udp, all = false, how, from: folder } = command.opts<DoctorOptions>();
        if (how === true) {
          return { json: { schema: 1, commands: capturedByHand() }, text: howToCapture() };
        }
        const question = questionOf(from, to, udp === true ? "udp" : "tcp");
        const { source, where } = await sourceOf(folder, option);
        const observations = await progress.step(`Look at ${where}`, () =>
          lookAtTailnet(source, { question, signal }),
        );
        const diagnosis = diagnose(observations, question);
        return {
          json: { schema: 1, ...diagnosis, question: question ?? null },
          text: diagnosisText(diagnosis, { all }),
          exitCode: exitCodeOf(diagnosis),
        };
      },
    ),
  );
}

interface DoctorOptions {
  udp?: boolean;
  all?: boolean;
  from?: string;
  how?: boolean;
}

async function sourceOf(folder: string | undefined, lab: string | undefined) {
  if (folder === undefined) {
    const running = await findLab({ lab });
    return { source: await liveSource(running), where: `lab ${running.name}` };
  }
  const source = await folderSource(folder);
  for (const problem of source.problems) process.stderr.write(`${folder}: ${problem}\n`);
  return { source, where: folder };
}

export function questionOf(
  from: string | undefined,
  to: string | undefined,
  protocol: "tcp" | "udp",
): Question | undefined {
  if (from === undefined) return undefined;
  if (to === undefined) return { from, protocol };
  const { host, port } = splitTarget(to);
  return { from, to: host, protocol, ...(port === undefined ? {} : { port }) };
}
