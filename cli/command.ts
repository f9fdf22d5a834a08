import { Command, InvalidArgumentError } from "commander";
import type { Progress } from "../lab/progress.ts";

/** What every command is given beside its own arguments. */
export interface Context {
  signal: AbortSignal;
  /** Drawn on standard error. */
  progress: Progress;
  /** `--json`: the result is one JSON value. */
  isJson: boolean;
  /** `--lab`. */
  lab: string | undefined;
}

/** A command's result: what a program reads, and what a person does. */
export interface Report {
  json: { schema: 1 } & Record<string, unknown>;
  /** Without a newline at its end. */
  text: string;
  /** 1 where an expectation failed; `exec` hands on its program's. */
  exitCode?: number;
}

/** Undefined: the command has written its result itself. */
export type Work<Arguments extends unknown[]> = (
  context: Context,
  ...args: Arguments
) => Promise<Report | undefined>;

/** A command with the options that all have; `examples` are shown by `--help`. */
export function command(usage: string, description: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  tailnet-lab ${example}`).join("\n");
  return new Command(usage)
    .description(description)
    .option("--json", 'print the result as JSON with "schema": 1')
    .addHelpText("after", `\nExamples:\n${lines}`);
}

/** The same, for a command that works on a lab that runs. */
export function labCommand(
  usage: string,
  description: string,
  examples: readonly string[],
): Command {
  return command(usage, description, examples).option(
    "--lab <name>",
    "which lab, where several run: its name or its topology's file",
  );
}

/** Runs a command's work and writes its report. */
export function act<Arguments extends unknown[]>(
  context: Pick<Context, "signal" | "progress">,
  work: Work<Arguments>,
) {
  return async (...all: unknown[]): Promise<void> => {
    // Commander adds the options and the command itself.
    const options = all.at(-2) as { json?: boolean; lab?: string };
    const args = all.slice(0, -1) as Arguments;
    const isJson = options.json === true;
    const report = await work({ ...context, isJson, lab: options.lab }, ...args);
    context.signal.throwIfAborted();
    if (report === undefined) return;
    process.stdout.write(`${isJson ? JSON.stringify(report.json, null, 2) : report.text}\n`);
    process.exitCode = report.exitCode ?? 0;
  };
}

/** Of an option that says how many. */
export function someNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new InvalidArgumentError("It is a number from 1 to 9999.");
  return Number(text);
}

export type Shared = Pick<Context, "signal" | "progress">;
