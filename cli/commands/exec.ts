import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { act, labCommand, type Shared } from "../command.ts";
import { runInTerminal } from "../terminal.ts";
import { findLab } from "../which-lab.ts";

export function execCommand(shared: Shared): Command {
  return labCommand("exec", "run a program in a node; its exit code is handed on", [
    "exec laptop -- tailscale status",
    "exec laptop -- bash",
    "exec router-home --lab homelab -- nft list ruleset",
  ])
    .argument("<node>")
    .argument("<command...>", "the program and its arguments, after --")
    .action(
      act(shared, async ({ isJson, signal, lab: option }, name: string, argv: string[]) => {
        const lab = await findLab({ lab: option }, [name]);
        const node = lab.node(name);
        if (!isJson && process.stdin.isTTY && process.stdout.isTTY) {
          process.exitCode = await runInTerminal(node, argv);
          return undefined;
        }
        const spawned = await node.spawn(argv);
        // Where the engine is gone, the exit code tells.
        const kill = () => void spawned.kill().catch(() => {});
        signal.addEventListener("abort", kill, { once: true });
        // A program may end before it has read all: that is no fault.
        spawned.stdin.on("error", () => {});
        if (process.stdin.isTTY) spawned.stdin.end();
        else process.stdin.pipe(spawned.stdin);
        if (!isJson) {
          spawned.stdout.pipe(process.stdout);
          spawned.stderr.pipe(process.stderr);
          process.exitCode = await spawned.exitCode;
          process.stdin.destroy();
          return undefined;
        }
        const [stdout, stderr, exitCode] = await Promise.all([
          text(spawned.stdout),
          text(spawned.stderr),
          spawned.exitCode,
        ]);
        process.stdin.destroy();
        return {
          json: { schema: 1, node: name, command: argv, exitCode, stdout, stderr },
          text: stdout,
          exitCode,
        };
      }),
    );
}
