import type { Command } from "commander";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { liveSource } from "../../lab/evidence/live.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import type { Question } from "../../lab/evidence/question.ts";
import { splitTarget } from "../../lab/observe/target.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { diagnosisText, exitCodeOf } from "../diagnosis.ts";
import { findLab } from "../which-lab.ts";

export function doctorCommand(shared: Shared): Command {
  const command = labCommand("doctor", "tell why something does not work, with the evidence", [
    "doctor",
    "doctor laptop",
    "doctor laptop server:80",
    "doctor laptop 10.20.0.30:9100",
    "doctor laptop printer.corp.internal",
  ])
    .argument("[from]", "the machine that tries; the whole tailnet where absent")
    .argument("[to]", "a machine, an address or a name, with :PORT")
    .option("--udp", "UDP instead of TCP")
    .option(
      "--all",
      "also what has nothing to do with what was asked, and what could not be looked at",
    );
  return command.action(
    act(
      shared,
      async (
        { signal, progress, lab: option },
        from: string | undefined,
        to: string | undefined,
      ) => {
        const { udp, all = false } = command.opts<{ udp?: boolean; all?: boolean }>();
        const question = questionOf(from, to, udp === true ? "udp" : "tcp");
        const lab = await findLab({ lab: option });
        const observations = await progress.step(`Look at lab ${lab.name}`, () =>
          lookAtTailnet(liveSource(lab), { question, signal }),
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
