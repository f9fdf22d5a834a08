import type { ContainerCreateOptions } from "dockerode";
import { type Engine, engineCall } from "./engine.ts";
import { readLog } from "./log.ts";

/**
 * Runs one program in a container of its own, to its end; the container is gone afterwards.
 * @returns what the program printed, standard output and standard error together
 */
export async function runOnce(
  engine: Engine,
  options: ContainerCreateOptions,
): Promise<{ exitCode: number; output: string }> {
  const container = await engineCall(engine.createContainer(options));
  try {
    await engineCall(container.start());
    const { StatusCode } = await engineCall(container.wait());
    return { exitCode: StatusCode, output: await readLog(container) };
  } finally {
    await engineCall(container.remove({ force: true, v: true }));
  }
}
