import { createRequire } from "node:module";
import { Command } from "commander";
import type { Shared } from "./command.ts";
import { commandsFor } from "./commands.ts";
import { failureOf } from "./failure.ts";
import { showProgress } from "./progress.ts";

/**
 * Runs one command to its end: the result goes to standard output, progress and errors to standard error, the exit
 * code into `process.exitCode`. An abort of `signal` interrupts it.
 */
export async function runCommandLine(argv: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    const progress = showProgress(process.stderr);
    const program = await programFor(argv, { signal, progress });
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    // An interrupted call fails in a way of its own; what the user did is the cause.
    const failure = failureOf(signal.aborted ? signal.reason : error);
    if (failure.text !== "") process.stderr.write(`${failure.text}\n`);
    const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
    if (own.includes("--json") && failure.exitCode !== 0) {
      process.stdout.write(`${JSON.stringify(failure.json, null, 2)}\n`);
    }
    process.exitCode = failure.exitCode;
  }
}

async function programFor(argv: readonly string[], shared: Shared): Promise<Command> {
  const root = new Command("tailnet-lab")
    .description("Tailnets as code, run for real on one machine.")
    .version(packageVersion())
    .helpCommand(false)
    .showHelpAfterError("(--help shows what there is)")
    .addHelpText(
      "after",
      `
Examples:
  tailnet-lab up                      bring the default lab up
  tailnet-lab up lab.ts               bring up a lab of your own
  tailnet-lab inspect                 its nodes, and the path between each two
  tailnet-lab reach laptop server:80  a real connection
  tailnet-lab exec laptop -- tailscale status
  tailnet-lab down

Exit codes: 0 fine, 1 an expectation failed, 2 bad input or environment, 130 interrupted.
Results go to standard output, progress to standard error. NO_COLOR switches colours off.`,
    );
  for (const make of await commandsFor(argv)) root.addCommand(inherit(make(shared), root));
  return root.exitOverride();
}

/** Commander hands these settings on only to commands that it makes itself. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).exitOverride();
  for (const inner of command.commands) inherit(inner, command);
  return command;
}

/** By the package's own name: the manifest is elsewhere seen from the sources than from what was built. */
function packageVersion(): string {
  const { version } = createRequire(import.meta.url)("tailnet-lab/package.json");
  return version;
}
