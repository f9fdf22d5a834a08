import type { Command } from "commander";
import type { Shared } from "./command.ts";

type MakeCommand = (shared: Shared) => Command;

/** By name, in the order of the help. Imported when asked for: what one command needs, others don't. */
const commands: Record<string, () => Promise<MakeCommand>> = {
  up: async () => (await import("./commands/up.ts")).upCommand,
  diff: async () => (await import("./commands/diff.ts")).diffCommand,
  down: async () => (await import("./commands/down.ts")).downCommand,
  validate: async () => (await import("./commands/validate.ts")).validateCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
  inspect: async () => (await import("./commands/inspect.ts")).inspectCommand,
  exec: async () => (await import("./commands/exec.ts")).execCommand,
  logs: async () => (await import("./commands/logs.ts")).logsCommand,
  ping: async () => (await import("./commands/ping.ts")).pingCommand,
  reach: async () => (await import("./commands/reach.ts")).reachCommand,
  netcheck: async () => (await import("./commands/netcheck.ts")).netcheckCommand,
  fault: async () => (await import("./commands/fault.ts")).faultCommand,
  case: async () => (await import("./commands/case.ts")).caseCommand,
  capture: async () => (await import("./commands/capture.ts")).captureCommand,
  reproduce: async () => (await import("./commands/reproduce.ts")).reproduceCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  clean: async () => (await import("./commands/clean.ts")).cleanCommand,
};

/** The one command that a command line begins with; else all, for the help and for what is misspelt. */
export async function commandsFor([first = ""]: readonly string[]): Promise<MakeCommand[]> {
  if (first === "--version" || first === "-V") return [];
  const only = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (only !== undefined) return [await only()];
  return Promise.all(Object.values(commands).map((load) => load()));
}
