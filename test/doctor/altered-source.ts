import { readFileSync } from "node:fs";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { commandLine, evidenceCommands } from "../../lab/evidence/commands.ts";
import type { EvidenceSource, Machine } from "../../lab/evidence/evidence.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import type { Question } from "../../lab/evidence/question.ts";

interface Output {
  exitCode: number;
  stdout: string;
  stderr: string;
  at: string;
}

/** What was printed in a lab of laptop, router and printer in which all is well. */
const healthy = JSON.parse(readFileSync(new URL("./healthy.json", import.meta.url), "utf8")) as {
  machines: Machine[];
  outputs: Record<string, Record<string, Output>>;
};

/** Of a machine, the output of each command that begins so, altered: `undefined` takes it away. */
export type Alteration = [
  machine: string,
  command: string,
  alter: (output: Output) => Partial<Output> | undefined,
];

/** Machines that do not run, and that can't be looked at; whether a command may print something else when run again. */
interface Unseen {
  isLive?: boolean;
  down?: readonly string[];
  /** Why those are down. */
  why?: string;
  outOfSight?: readonly string[];
  /** A machine by another name than its own. */
  renamed?: { machine: string; name: string };
}

/** The healthy lab's outputs, with alterations. */
export function alteredSource(
  alterations: readonly Alteration[],
  {
    down = [],
    why = "its container has exited",
    outOfSight = [],
    renamed,
    isLive = false,
  }: Unseen = {},
): EvidenceSource {
  return {
    machines: healthy.machines
      .filter(({ name }) => !outOfSight.includes(name))
      .map((each) => (each.name === renamed?.machine ? { ...each, name: renamed.name } : each)),
    isLive,
    run(node, argv) {
      if (down.includes(node)) {
        return Promise.resolve({ node, argv, why, isDown: true });
      }
      const command = nameOf(argv);
      const origin = node === renamed?.name ? renamed.machine : node;
      let output = healthy.outputs[origin]?.[command];
      for (const [machine, prefix, alter] of alterations) {
        if (
          machine !== origin ||
          ![command, commandLine(argv)].some((each) => each.startsWith(prefix))
        )
          continue;
        const before = output ?? {
          exitCode: 0,
          stdout: "",
          stderr: "",
          at: "2026-11-24T15:26:00Z",
        };
        const after = alter(before);
        output = after === undefined ? undefined : { ...before, ...after };
      }
      if (output === undefined) return Promise.resolve({ node, argv, why: "not in the folder" });
      return Promise.resolve({ node, argv, ...output });
    },
  };
}

/** A script goes by its key, as its text changes: `sh relayProbes`. */
function nameOf(argv: readonly string[]): string {
  if (argv[0] !== "sh") return commandLine(argv);
  const known = Object.entries(evidenceCommands).find(
    ([, command]) => command.argv.join() === argv.join(),
  );
  return known === undefined ? commandLine(argv) : `sh ${known[0]}`;
}

/** Alters an output by replacing a text, which must be there. */
export function replace(from: string | RegExp, to: string) {
  return ({ stdout }: Output) => {
    const after = stdout.replaceAll(
      typeof from === "string" ? from : new RegExp(from.source, "g"),
      to,
    );
    if (after === stdout) throw new Error(`the output has no ${from}: ${stdout.slice(0, 200)}`);
    return { stdout: after };
  };
}

/** Alters an output that is a list in JSON by what comes last in it. */
export function appended(...items: readonly object[]) {
  return ({ stdout }: Output) => ({
    stdout: JSON.stringify([...(JSON.parse(stdout) as object[]), ...items]),
  });
}

/** What the doctor finds; for a question about a connection, as `laptop printer:80`. */
export async function found(
  asked: string | undefined,
  alterations: readonly Alteration[] = [],
  unseen: Unseen = {},
) {
  const [from = "", target = ""] = asked?.split(" ") ?? [];
  const [to = "", port] = target.split(":");
  const question: Question | undefined =
    asked === undefined
      ? undefined
      : { from, to, protocol: "tcp", ...(port === undefined ? {} : { port: Number(port) }) };
  const observations = await lookAtTailnet(alteredSource(alterations, unseen), { question });
  return diagnose(observations, question);
}

/** The codes that answer the question, each with its node: `TL103 router`. */
export async function codes(...args: Parameters<typeof found>): Promise<string[]> {
  const { findings } = await found(...args);
  return findings.map(({ code, node }) => `${code} ${node}`);
}
