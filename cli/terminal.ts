import { engineCall, engineLost } from "../lab/engine/engine.ts";
import type { RunningNode } from "../lab/running/running-node.ts";

/** Runs a program in a node with this terminal as its own: keys, colours, size. Resolves with its exit code. */
export async function runInTerminal(node: RunningNode, argv: readonly string[]): Promise<number> {
  const { stdin, stdout } = process;
  const exec = await engineCall(
    node.container.exec({
      Cmd: [...argv],
      Tty: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Env: [`TERM=${process.env.TERM ?? "xterm"}`],
    }),
  );
  const socket = await engineCall(exec.start({ hijack: true, stdin: true, Tty: true }));
  const resize = () => void exec.resize({ h: stdout.rows, w: stdout.columns }).catch(() => {});
  resize();
  stdout.on("resize", resize);
  // Ctrl-C belongs to the program in the node.
  stdin.setRawMode(true);
  stdin.pipe(socket);
  socket.pipe(stdout, { end: false });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("end", resolve);
      socket.once("error", (error) => reject(engineLost(error)));
    });
    return (await engineCall(exec.inspect())).ExitCode ?? 0;
  } finally {
    stdout.off("resize", resize);
    stdin.setRawMode(false);
    stdin.destroy();
  }
}
