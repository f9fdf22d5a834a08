import { styleText } from "node:util";
import { CommanderError } from "commander";
import { LabError } from "../lab/errors.ts";
import { Interrupted, interruptedCode } from "../lab/interrupt.ts";

/** What a failed command says and how it ends. */
export interface Failure {
  exitCode: number;
  /** For standard error; empty where commander has spoken already. */
  text: string;
  /** For standard output where `--json` asks for it. */
  json: FailureJson;
}

interface FailureJson {
  schema: 1;
  error: {
    name: string;
    what: string;
    where: string | null;
    remedy: string | null;
    issues: readonly { where: string; what: string; remedy: string }[];
  };
}

/** Bad input, a bad environment, and a issue of our own. */
const failedCode = 2;

export function failureOf(error: unknown): Failure {
  if (error instanceof Interrupted) {
    return {
      exitCode: interruptedCode,
      text: "interrupted",
      json: json("Interrupted", "interrupted"),
    };
  }
  if (error instanceof CommanderError) {
    // Help that was asked for is no failure.
    const exitCode = error.exitCode === 0 ? 0 : failedCode;
    return {
      exitCode,
      text: "",
      json: json("UsageInvalid", error.message.replace(/^error: /, "")),
    };
  }
  if (error instanceof LabError) {
    const { name, what, where, remedy, issues } = error;
    return {
      exitCode: failedCode,
      text: labErrorText(error),
      json: json(name, what, where, remedy, issues),
    };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const what = error instanceof Error ? error.message : String(error);
  return {
    exitCode: failedCode,
    text: `${stack}\n\nThis is a bug in tailnet-lab: please report it, with all of the above.`,
    json: json("Bug", what),
  };
}

function labErrorText(error: LabError): string {
  const lines = [`${red("error:")} ${error.what} ${dim(`(${error.name})`)}`];
  if (error.where !== undefined) lines.push(`  where: ${error.where}`);
  for (const issue of error.issues) {
    lines.push(`  ${bold(issue.where)}: ${issue.what}`, `    → ${issue.remedy}`);
  }
  if (error.remedy !== undefined) lines.push(`  → ${error.remedy}`);
  return lines.join("\n");
}

function json(
  name: string,
  what: string,
  where?: string,
  remedy?: string,
  issues: FailureJson["error"]["issues"] = [],
): FailureJson {
  return {
    schema: 1,
    error: { name, what, where: where ?? null, remedy: remedy ?? null, issues },
  };
}

// styleText heeds NO_COLOR, and whether the stream is a terminal.
const stream = process.stderr;
const red = (text: string) => styleText("red", text, { stream });
const bold = (text: string) => styleText("bold", text, { stream });
const dim = (text: string) => styleText("dim", text, { stream });
